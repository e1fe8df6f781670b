/**
 * Opens native libraries with Deno or Bun.
 *
 * @module
 */

import { isBun, openWithBun } from "./bun.ts";
import { isDeno, openWithDeno } from "./deno.ts";
import {
  bindLibrary,
  type OpenFailure,
  openFailure,
  type OpenFailureReason,
  type OpenRaw,
  type OpenResult,
  type Signatures,
} from "./library.ts";

/**
 * Opens the first of `paths` that can be opened.
 *
 * If none can, the result has the most useful reason (a missing symbol, then a permission,
 * then a file of the wrong kind) and the messages of all paths with it. Never throws and
 * never prompts.
 */
export function openLibrary<S extends Signatures>(
  paths: readonly string[],
  signatures: S,
): OpenResult<S> {
  const openRaw = openRawHere();
  if (openRaw === undefined) {
    return openFailure(
      "platform",
      `Cannot open library "${paths[0]}": the runtime is neither Deno nor Bun`,
    );
  }
  const failures: OpenFailure[] = [];
  for (const path of paths) {
    const raw = openRaw(path, signatures);
    if (!("ok" in raw)) {
      return { ok: true, library: bindLibrary(path, signatures, raw) };
    }
    failures.push(raw);
  }
  return mostUsefulFailure(failures);
}

/** The name itself, which the loader searches for, and the paths of Linux distributions. */
export function candidatePaths(fileName: string): string[] {
  const folders = [
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
  ];
  return [fileName, ...folders.map((folder) => `${folder}/${fileName}`)];
}

function openRawHere(): OpenRaw | undefined {
  if (isDeno()) return openWithDeno;
  if (isBun()) return openWithBun;
  return undefined;
}

const BY_PRIORITY: readonly OpenFailureReason[] = [
  "symbol",
  "permission",
  "platform",
  "missing",
];

function mostUsefulFailure(failures: readonly OpenFailure[]): OpenFailure {
  for (const reason of BY_PRIORITY) {
    const matching = failures.filter((failure) => failure.reason === reason);
    if (matching.length > 0) {
      return openFailure(reason, matching.map((it) => it.message).join("; "));
    }
  }
  return openFailure("missing", "Cannot open library: no path was given");
}
