/**
 * Copies of the library, for tests that load two of them or break one.
 *
 * @module
 */

import {
  cpSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { ROOT } from "./runtimes.ts";

const LIBRARY = ["lib", "ffi", "mod.ts", "package.json"];
/** What says where the packages are that the library imports. */
const IMPORTS = ["deno.json", "tsconfig.json", ".release/stand_ins"];

/**
 * Runs `use` with a folder that has a copy of the library in a subfolder for each name, and
 * removes the folder when `use` has ended.
 */
export async function withLibraryCopies(
  names: readonly string[],
  use: (folder: string) => void | Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(`${tmpdir()}/loom-copies-`);
  try {
    const copy = (part: string, to: string) =>
      cpSync(`${ROOT}/${part}`, `${to}/${part}`, { recursive: true });
    for (const name of names) {
      for (const part of LIBRARY) copy(part, `${folder}/${name}`);
    }
    for (const part of IMPORTS) copy(part, folder);
    symlinkSync(`${ROOT}/node_modules`, `${folder}/node_modules`);
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
