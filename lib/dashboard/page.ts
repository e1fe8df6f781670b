/**
 * Serves the page, to those who answer the requests of a browser.
 *
 * @module
 */

import { FILES, INDEX } from "./files.ts";

/** A file of the page. */
export interface PageFile {
  readonly body: string;
  /** Its type. */
  readonly type: string;
}

/**
 * Headers of every answer to a browser. The page loads nothing from elsewhere and runs no other
 * script than its own; no other page may show it in a frame.
 */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": "default-src 'none'; script-src 'self'; " +
    "style-src 'self'; img-src 'self'; connect-src 'self'; " +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "cache-control": "no-store",
};

const TYPES: Readonly<Record<string, string>> = {
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/** The file of the page at a path, such as `/` or `/page/main.js`; undefined if it has none. */
export function pageFile(path: string): PageFile | undefined {
  if (path === "/") return { body: INDEX, type: "text/html; charset=utf-8" };
  const [, name] = /^\/page\/([\w.]+)$/.exec(path) ?? [];
  if (name === undefined || !Object.hasOwn(FILES, name)) return undefined;
  return { body: FILES[name], type: TYPES[name.split(".")[1]] };
}

/**
 * Whether the `Host` header of a request names this machine. Otherwise a page of another site,
 * whose name an attacker lets lead here, could read the answers.
 */
export function isLoopbackHost(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i.test(host ?? "");
}
