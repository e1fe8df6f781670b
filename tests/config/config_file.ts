/**
 * Config files that exist during one callback.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Writes files by name into a new folder and passes the folder to `use`. */
export function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "loom-config-"));
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The error's message without the path of the folder. */
export function messageOf(error: unknown, folder = ""): string {
  const { message } = error as Error;
  return folder === "" ? message : message.replaceAll(`${folder}/`, "");
}
