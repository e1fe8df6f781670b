/**
 * Reads files that describe the machine, with whatever the runtime permits.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { readSmallFile } from "../../ffi/system_files.ts";

/** The part of Deno that tells whether reading would be refused or asked about. */
interface DenoPermissions {
  readonly permissions: {
    querySync(
      descriptor: { name: "read"; path: string },
    ): { readonly state: string };
  };
}

/** The text of the file at `path`, or undefined when it cannot be read. */
export function readSystemFile(path: string): string | undefined {
  if (mayRead(path)) {
    try {
      return readFileSync(path, "utf8");
    } catch {
      // Absent; or Deno, which reads /sys itself only with --allow-all.
    }
  }
  const result = readSmallFile(path);
  return result.ok ? result.value : undefined;
}

/** Looks before Deno would stop the program with a prompt. */
function mayRead(path: string): boolean {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  return Deno === undefined ||
    Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
