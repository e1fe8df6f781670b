/**
 * Reads files that describe the machine, with whatever the runtime permits.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";
import { listFolder, readSmallFile } from "../../ffi/system_files.ts";
import { parseCpuset } from "./cpuset.ts";

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

/** The names in the folder at `path`; none when it cannot be read. */
export function listSystemFolder(path: string): string[] {
  if (mayRead(path)) {
    try {
      return readdirSync(path);
    } catch {
      // As above.
    }
  }
  const result = listFolder(path);
  return result.ok ? result.value : [];
}

/** A list in the kernel's format; undefined when it is absent, empty or garbled. */
export function readCpus(path: string): number[] | undefined {
  const text = readSystemFile(path)?.trim();
  if (!text) return undefined;
  try {
    return parseCpuset(text);
  } catch {
    return undefined;
  }
}

/** A whole number; undefined when it is absent or garbled. */
export function readNumber(path: string): number | undefined {
  const text = readSystemFile(path)?.trim();
  return text && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
