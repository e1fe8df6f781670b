/**
 * Where the files of this library are. The built package has a module of its own for this,
 * `.release/address.ts`, because its files have other names.
 *
 * @module
 */

/**
 * What the URLs of this library's files begin with. Undefined where a bundler has put it into
 * the files of a program, which have addresses of their own.
 */
export const LIBRARY: URL | undefined =
  import.meta.url.endsWith("/lib/address.ts")
    ? new URL("./", import.meta.url)
    : undefined;

/**
 * The module that every worker runs. In a bundle it lies beside it. From a folder Deno runs the
 * JavaScript one, because it may check the types of a TypeScript one anew for each worker; it
 * never checks remote modules.
 */
export const WORKER_ENTRY: URL = new URL(entryPath(), import.meta.url);

function entryPath(): string {
  if (LIBRARY === undefined) return "./loom_worker.js";
  return LIBRARY.protocol === "file:" && "Deno" in globalThis
    ? "./worker/entry.js"
    : "./worker/entry.ts";
}
