/**
 * Names of threads, in full and as short as the kernel needs them.
 *
 * @module
 */

/** What a thread is for; part of its name. */
export type ThreadRole = "async" | "compute";

/** The two names of one thread. */
export interface ThreadNames {
  /** `{prefix}-{role}-{number}`, such as `myapp-compute-0012`. */
  readonly name: string;
  /** The same in at most {@linkcode KERNEL_NAME_BYTES} bytes of UTF-8. */
  readonly kernelName: string;
}

/** What Linux keeps of a thread's name. */
export const KERNEL_NAME_BYTES = 15;

const NUMBER_DIGITS = 4;

/**
 * The names of thread number `index` of a role.
 *
 * The kernel's name keeps role and number whole and as much of the prefix's start
 * as fits, in whole characters; a prefix of which nothing is left goes with its
 * dash. Control characters, which would garble `ps` and `top`, are left out of it.
 *
 * @example Usage
 * ```ts
 * import { threadNames } from "./names.ts";
 * import assert from "node:assert/strict";
 *
 * assert.deepEqual(threadNames("myapp", "compute", 12), {
 *   name: "myapp-compute-0012",
 *   kernelName: "my-compute-0012",
 * });
 * ```
 */
export function threadNames(
  prefix: string,
  role: ThreadRole,
  index: number,
): ThreadNames {
  const ending = `${role}-${String(index).padStart(NUMBER_DIGITS, "0")}`;
  return {
    name: prefix === "" ? ending : `${prefix}-${ending}`,
    kernelName: kernelName(prefix, ending),
  };
}

function kernelName(prefix: string, ending: string): string {
  // Role and number are ASCII: one byte each. One more byte for the dash.
  const prefixBytes = KERNEL_NAME_BYTES - ending.length - 1;
  // A dash or space left at the cut would read as an empty word.
  const start = startOf(prefix, prefixBytes).replace(/[-_. ]+$/, "");
  return start === "" ? ending : `${start}-${ending}`;
}

/** The longest start of `text` that takes at most `limitBytes` of UTF-8. */
function startOf(text: string, limitBytes: number): string {
  const encoder = new TextEncoder();
  let start = "";
  let leftBytes = limitBytes;
  for (const character of text) {
    if (isControl(character)) continue;
    leftBytes -= encoder.encode(character).length;
    if (leftBytes < 0) break;
    start += character;
  }
  return start;
}

function isControl(character: string): boolean {
  return character < " " || character === "\x7f";
}
