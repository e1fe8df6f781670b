/**
 * The files of the page by their paths.
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
