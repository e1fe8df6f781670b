/**
 * `lib/address.ts` of the built package.
 *
 * @module
 */

/** What the URLs of the library's files begin with. Undefined in a bundle. */
export const LIBRARY: URL | undefined =
  // The files of the package that have this module.
  /\/lib\/(address|loom_worker)\.js$/.test(import.meta.url)
    ? new URL("../", import.meta.url)
    : undefined;

/** The module that every worker runs; beside a bundle, if a bundler has made one. */
export const WORKER_ENTRY: URL = new URL("./loom_worker.js", import.meta.url);
