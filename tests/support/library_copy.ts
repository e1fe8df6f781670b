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
    for (const name of names) {
      for (const part of ["lib", "ffi", "mod.ts", "package.json"]) {
        cpSync(`${ROOT}/${part}`, `${folder}/${name}/${part}`, {
          recursive: true,
        });
      }
    }
    symlinkSync(`${ROOT}/node_modules`, `${folder}/node_modules`);
    writeFileSync(`${folder}/package.json`, '{ "type": "module" }');
    await use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
