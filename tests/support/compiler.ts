/**
 * Compiles stand-ins for native libraries.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Whether there is a C compiler. */
export const hasCompiler: boolean = spawnSync("cc", ["--version"]).status === 0;

/** The libraries that this process has compiled, by source and definitions. */
const compiled = new Map<string, Uint8Array>();

/** Compiles C `source` to the shared library at `path`. */
export function compileTo(
  path: string,
  source: string,
  defines: Readonly<Record<string, string>> = {},
): void {
  const key = JSON.stringify([source, defines]);
  const known = compiled.get(key);
  if (known !== undefined) return writeFileSync(path, known);
  const sourcePath = `${path}.c`;
  writeFileSync(sourcePath, source);
  const { status, stderr } = spawnSync("cc", [
    "-shared",
    "-fPIC",
    ...Object.entries(defines).map(([name, value]) => `-D${name}=${value}`),
    "-o",
    path,
    sourcePath,
  ], { encoding: "utf8" });
  if (status !== 0) throw new Error(`Cannot compile ${sourcePath}: ${stderr}`);
  compiled.set(key, readFileSync(path));
}

/** Compiles C `source` to a shared library that exists while `use` runs. */
export function compileLibrary(
  source: string,
  use: (path: string) => void,
  defines: Readonly<Record<string, string>> = {},
): void {
  const folder = mkdtempSync(join(tmpdir(), "loom-library-"));
  try {
    const path = join(folder, "stand_in.so");
    compileTo(path, source, defines);
    use(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
