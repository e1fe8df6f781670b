/**
 * What keeps pages of other sites away from those who answer on this machine.
 *
 * @module
 */

/**
 * Headers of every answer to a browser. The page loads nothing from elsewhere and runs no other
 * script than its own; no other page may show it in a frame, or read what it reads.
 */
export const SAFETY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; script-src 'self'; " +
    "style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

/**
 * Whether the `Host` header of a request names this machine. Otherwise a page of another site,
 * whose name may lead here, could read the answers.
 */
export function isLoopbackName(host: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host);
}
