/**
 * Calls for several items: one call runs its task on each, in order.
 *
 * Unless a caller asks for it, only functions that run to their end by themselves are called
 * so: see lib/tasks/left_work.ts. A worker runs the items that it has time for, so that a slow
 * one does not hold up the rest, and stops at the first that fails. The caller sends the rest
 * again.
 *
 * @module
 */

import type { Payloads } from "../payloads/payloads.ts";
import type { Wrapper } from "./wrappers.ts";

/** How a worker runs the items of a call. */
export interface ItemsMode {
  /** Arguments of the task after the item. */
  readonly args: readonly unknown[];
  /** Whether it runs all items, however long they take, and awaits their promises. */
  readonly runsAll: boolean;
  /** Whether it continues after an item that fails. */
  readonly settles: boolean;
  /** What runs around all items of a call together. */
  readonly wrappers?: readonly Wrapper[] | undefined;
}

/** The mode of a call that says nothing else. */
export const PLAIN_MODE: ItemsMode = {
  args: [],
  runsAll: false,
  settles: false,
};

/** What ends the items of KIND_ITEMS_WITH. */
export function modeToList(mode: ItemsMode): unknown[] {
  const { runsAll, settles, wrappers = null, args } = mode;
  return [runsAll, settles, wrappers, ...args];
}

/** The opposite of {@linkcode modeToList}. */
export function modeOfList(list: unknown[]): ItemsMode {
  const [runsAll, settles, wrappers, ...args] = list as [
    boolean,
    boolean,
    Wrapper[] | null,
    ...unknown[],
  ];
  return { args, runsAll, settles, wrappers: wrappers ?? undefined };
}

/** What a call for several items has returned. */
export interface ItemResults {
  /** Results of the first items, or what they threw. */
  readonly values: unknown[];
  /** Which of these were thrown, by index in ascending order. */
  readonly failed: readonly number[];
  /** How long the worker took, in microseconds; Infinity if an item returned a promise. */
  readonly elapsedUs: number;
}

const NONE_FAILED: readonly number[] = [];

/** Results that do not fit one message, or some of which are errors. */
export interface SomeResults {
  /** Messages of the results, one after another. */
  readonly bytes: ArrayBuffer | SharedArrayBuffer;
  /** Size of each message in bytes. */
  readonly lengths: number[];
  /** See {@linkcode ItemResults}. */
  readonly failed: readonly number[];
  /** See {@linkcode ItemResults}. */
  readonly elapsedUs: number;
}

/** The outcome of a result of KIND_NUMBERS or KIND_ITEMS: the time comes last. */
export function allResults(values: unknown[]): ItemResults {
  const elapsedUs = values.pop() as number;
  return { values, failed: NONE_FAILED, elapsedUs };
}

/**
 * The outcome of a result of KIND_SOME.
 *
 * @param addSite Adds the site of the call to the errors among them.
 */
export function someResults(
  some: SomeResults,
  payloads: Payloads,
  addSite: (errors: readonly unknown[]) => void,
): ItemResults {
  const { lengths, failed, elapsedUs } = some;
  const values: unknown[] = [];
  let at = 0;
  for (const length of lengths) {
    const bytes = new Uint8Array(some.bytes, at, length);
    values.push(payloads.fromBytes(bytes));
    at += length;
  }
  if (failed.length > 0) addSite(failed.map((i) => values[i]));
  return { values, failed, elapsedUs };
}

/** So many bytes fit the smallest `maxPayloadBytes`, with their lengths. */
const MAX_COPIED_BYTES = 2048;

/**
 * Puts messages together. They may exceed `maxPayloadBytes` together, but shared memory does
 * not count.
 */
export function someOf(
  messages: readonly Uint8Array[],
  failed: readonly number[],
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
