/**
 * Names of threads: the full name, and a short one for the kernel.
 *
 * @module
 */

/** The role of a thread, which is part of its name. */
export type ThreadRole = "async" | "compute";

/** The two names of one thread. */
export interface ThreadNames {
  /** `{prefix}-{role}-{number}`, such as `myapp-compute-0012`. */
  readonly name: string;
  /** The name in at most {@linkcode KERNEL_NAME_BYTES} bytes of UTF-8. */
  readonly kernelName: string;
}

/** The maximum length of a thread's name on Linux. */
export const KERNEL_NAME_BYTES = 15;

const NUMBER_DIGITS = 4;

/**
 * Returns the names of thread number `index` of a role.
 *
 * The kernel's name has the complete role and number, and as many characters of the prefix
 * as fit; if none fits, the dash is omitted, too. It omits control characters, which would
 * garble the output of `ps` and `top`.
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
  // Remove dashes and spaces where the prefix is cut off.
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
