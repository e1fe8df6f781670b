/**
 * Calls for several items: one call runs its task on each, in order.
 *
 * Only functions that run to their end by themselves are called so: see
 * lib/tasks/left_work.ts. A worker runs the items that it has time for, so that a slow one
 * does not hold up the rest, and stops at the first that fails. The caller sends the rest
 * again.
 *
 * @module
 */

import { addFrames } from "./call_sites.ts";
import type { Payloads } from "./payloads.ts";

/** What a call for several items has returned. */
export interface ItemResults {
  /** Results of the first items. */
  readonly values: unknown[];
  /** What the next item threw, if it failed. */
  readonly failure: { readonly error: unknown } | undefined;
  /** How long the worker took, in microseconds; Infinity if an item returned a promise. */
  readonly elapsedUs: number;
}

/** Results that do not fit one message, or the last of which is an error. */
export interface SomeResults {
  /** Messages of the results, one after another. */
  readonly bytes: ArrayBuffer | SharedArrayBuffer;
  /** Size of each message in bytes. */
  readonly lengths: number[];
  /** Whether the last message is what its item threw. */
  readonly failed: boolean;
  /** See {@linkcode ItemResults}. */
  readonly elapsedUs: number;
}

/** The outcome of a result of KIND_NUMBERS or KIND_ITEMS: the time comes last. */
export function allResults(values: unknown[]): ItemResults {
  const elapsedUs = values.pop() as number;
  return { values, failure: undefined, elapsedUs };
}

/**
 * The outcome of a result of KIND_SOME.
 *
 * @param frames Returns stack lines of the site of the call.
 */
export function someResults(
  some: SomeResults,
  payloads: Payloads,
  frames: () => string,
): ItemResults {
  const values: unknown[] = [];
  let at = 0;
  for (const length of some.lengths) {
    const bytes = new Uint8Array(some.bytes, at, length);
    values.push(payloads.fromBytes(bytes));
    at += length;
  }
  let failure: ItemResults["failure"];
  if (some.failed) {
    const error = values.pop();
    addFrames(error, frames());
    failure = { error };
  }
  return { values, failure, elapsedUs: some.elapsedUs };
}

/** So many bytes fit the smallest `maxPayloadBytes`, with their lengths. */
const MAX_COPIED_BYTES = 2048;

/**
 * Puts messages together. They may exceed `maxPayloadBytes` together, but shared memory does
 * not count.
 */
export function someOf(
  messages: readonly Uint8Array[],
  failed: boolean,
  elapsedUs: number,
): SomeResults {
  const lengths = messages.map(({ length }) => length);
  const byteLength = lengths.reduce((sum, length) => sum + length, 0);
  const bytes = byteLength > MAX_COPIED_BYTES
    ? new SharedArrayBuffer(byteLength)
    : new ArrayBuffer(byteLength);
  const target = new Uint8Array(bytes);
  let at = 0;
  for (const message of messages) {
    target.set(message, at);
    at += message.length;
  }
  return { bytes, lengths, failed, elapsedUs };
}
