/**
 * Reads files that describe the machine, by any means that the runtime permits.
 *
 * @module
 */

import process from "node:process";
import { listFolder, readSmallFile } from "../../ffi/system_files.ts";
import { parseCpuset } from "./cpuset.ts";

/** The part of Deno that reports whether a file may be read without a prompt. */
interface DenoPermissions {
  readonly permissions: {
    querySync(
      descriptor: { name: "read"; path: string },
    ): { readonly state: string };
  };
}

/** Only Linux has `/proc` and `/sys`. */
const HAS_SYSTEM_FILES = process.platform === "linux";

/** More than any file has that is read here. */
const MAX_BYTES = 2 ** 20;

/** Reads the file at `path` as text; undefined if it cannot be read. */
export function readSystemFile(path: string): string | undefined {
  if (!HAS_SYSTEM_FILES) return undefined;
  const result = readSmallFile(path, MAX_BYTES);
  if (result.ok) return result.value;
  if (result.reason === "errno" || !mayRead(path)) return undefined;
  try {
    return fileSystem().readFileSync(path, "utf8");
  } catch {
    // Missing, or in /sys, which Deno reads only with --allow-all.
    return undefined;
  }
}

/** Loaded only where libc cannot be used: on Deno, this module takes 7 ms to load. */
function fileSystem() {
  return process.getBuiltinModule("node:fs");
}

/** Whether the file may be read; in Deno without a prompt. */
function mayRead(path: string): boolean {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  return Deno === undefined ||
    Deno.permissions.querySync({ name: "read", path }).state === "granted";
}

/** Lists the names in the folder at `path`; empty if it cannot be read. */
export function listSystemFolder(path: string): string[] {
  if (!HAS_SYSTEM_FILES) return [];
  const result = listFolder(path);
  if (result.ok) return result.value;
  if (result.reason === "errno" || !mayRead(path)) return [];
  try {
    return fileSystem().readdirSync(path);
  } catch {
    // As above.
    return [];
  }
}

/** Reads a list of CPUs; undefined if the file is missing, empty or invalid. */
export function readCpus(path: string): number[] | undefined {
  const text = readSystemFile(path)?.trim();
  if (!text) return undefined;
  try {
    return parseCpuset(text);
  } catch {
    return undefined;
  }
}

/** Reads an integer; undefined if the file is missing or invalid. */
export function readNumber(path: string): number | undefined {
  const text = readSystemFile(path)?.trim();
  return text && /^-?\d+$/.test(text) ? Number(text) : undefined;
}
