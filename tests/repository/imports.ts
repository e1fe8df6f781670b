/**
 * Reads which module imports which, from the source text.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { ROOT } from "../support/runtimes.ts";

/** One import: the importing file, and what it names, relative paths resolved. */
export interface Import {
  readonly from: string;
  /** A path from the project's folder, or a package such as `node:fs`. */
  readonly to: string;
  /** Whether it is loaded when the program gets there: `import("…")`. */
  readonly deferred: boolean;
}

/** What installers, tools and the build put into the project's folder. */
const FOREIGN = new Set([
  ".git",
  ".cache",
  "coverage",
  "dist",
  "node_modules",
]);

/** Every file of the project, as a path from its folder; no git is needed. */
export function listFiles(folder = ""): string[] {
  return readdirSync(`${ROOT}/${folder}`, { withFileTypes: true })
    .filter(({ name }) => !FOREIGN.has(name))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    });
}

/** The files of the library itself: `mod.ts`, `lib/` and `ffi/`. */
export function listModules(): string[] {
  return listFiles().filter((path) =>
    /^(mod\.ts|(lib|ffi)\/.*\.ts)$/.test(path)
  );
}

/** The imports in the file at `path`. */
export function readImports(path: string): Import[] {
  return importsIn(path, readFileSync(`${ROOT}/${path}`, "utf8"));
}

/**
 * The imports and re-exports in `source`, of values and of types alike, and the
 * dynamic imports of a literal. `new URL(...)` is no import.
 */
export function importsIn(path: string, source: string): Import[] {
  const code = withoutComments(source);
  const statements = code.matchAll(
    /^\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']/gm,
  );
  const bare = code.matchAll(/^\s*import\s*["']([^"']+)["']/gm);
  const dynamic = code.matchAll(/\bimport\(\s*["']([^"']+)["']/g);
  const importOf = ([, specifier]: RegExpExecArray, deferred: boolean) => ({
    from: path,
    to: specifier.startsWith(".")
      ? posix.join(posix.dirname(path), specifier)
      : specifier.replace(/^npm:/, ""),
    deferred,
  });
  return [
    ...[...statements, ...bare].map((match) => importOf(match, false)),
    ...[...dynamic].map((match) => importOf(match, true)),
  ];
}

/** Examples in comments import the package itself, which is no import of the module. */
function withoutComments(source: string): string {
  return source.replace(/^\s*\/\*[\s\S]*?\*\//gm, "").replace(
    /^\s*\/\/.*$/gm,
    "",
  );
}
