/**
 * Config files that exist during one callback.
 *
 * @module
 */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, sep } from "node:path";

/**
 * Writes files by name into a new folder and passes the folder to `use`; removes it when
 * `use` has returned, or when the promise that it returned is settled.
 */
export function withFiles<T>(
  files: Readonly<Record<string, string>>,
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "loom-config-"));
  const remove = () => rmSync(folder, { recursive: true });
  let result: T | undefined;
  try {
    for (const [name, text] of Object.entries(files)) {
      writeFileSync(join(folder, name), text);
    }
    result = use(folder);
  } finally {
    if (!(result instanceof Promise)) remove();
  }
  return result instanceof Promise ? result.finally(remove) as T : result;
}

/** The error's message without the path of the folder. */
export function messageOf(error: unknown, folder = ""): string {
  const { message } = error as Error;
  return folder === "" ? message : message.replaceAll(folder + sep, "");
}
