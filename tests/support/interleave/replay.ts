/**
 * Runs a thread up to its next operation on shared memory.
 *
 * @module
 */

import type { Words } from "../../../lib/bridge/words.ts";
import type { Self, SimulatedThread } from "./scenario.ts";

/** The operations of a thread that the search schedules. */
export type OperationKind = keyof Words | "settle" | "end?";

/** An operation that a thread is about to perform. */
export interface Operation {
  readonly kind: OperationKind;
  readonly index: number;
  /** Value to store, or to add, or to compare with. */
  readonly a: number;
  /** Value to store if the comparison succeeds. */
  readonly b: number;
}

/** The results of all operations of a thread so far, which determine its private state. */
export class History {
  /** Unique among all threads' histories. */
  readonly id: number;
  /** Number of operations. */
  readonly length: number;
  /** The next operation of the thread; null when it has returned. */
  readonly next: Operation | null;
  /** The values that it has recorded. */
  readonly notes: readonly number[];
  /** What it threw, in an object because undefined can be thrown too; null if nothing. */
  readonly failure: { readonly error: unknown } | null;
  readonly #thread: SimulatedThread;
  readonly #parent: History | null;
  readonly #result: number;
  readonly #followers = new Map<number, History>();
  readonly #ids: { next: number };

  constructor(
    thread: SimulatedThread,
    parent: History | null,
    result: number,
    ids: { next: number },
  ) {
    this.#thread = thread;
    this.#parent = parent;
    this.#result = result;
    this.#ids = ids;
    this.id = ids.next++;
    this.length = parent === null ? 0 : parent.length + 1;
    const { next, notes, failure } = replay(thread, this.#results());
    this.next = next;
    this.notes = notes;
    this.failure = failure;
  }

  /** The history after the next operation, if that has this result. */
  followedBy(result: number): History {
    let follower = this.#followers.get(result);
    if (follower === undefined) {
      follower = new History(this.#thread, this, result, this.#ids);
      this.#followers.set(result, follower);
    }
    return follower;
  }

  #results(): number[] {
    const results = new Array<number>(this.length);
    // deno-lint-ignore no-this-alias
    let at: History = this;
    while (at.#parent !== null) {
      results[at.length - 1] = at.#result;
      at = at.#parent;
    }
    return results;
  }
}

/** Thrown through the code of a thread to suspend it. */
const SUSPEND = Symbol("suspend");

/** Runs a thread with the results of its operations so far, up to the next operation. */
function replay(
  thread: SimulatedThread,
  results: readonly number[],
): Pick<History, "next" | "notes" | "failure"> {
  const notes: number[] = [];
  const waits = new Map<Promise<unknown>, number>();
  let position = 0;
  let next: Operation | null = null;
  const perform = (kind: OperationKind, index: number, a = 0, b = 0) => {
    if (position < results.length) return results[position++];
    // A suspended thread may get here again, in its `finally`.
    next ??= { kind, index, a, b };
    throw SUSPEND;
  };
  const words: Words = {
    load: (index) => perform("load", index),
    store: (index, value) => void perform("store", index, value),
    add: (index, value) => perform("add", index, value),
    and: (index, value) => perform("and", index, value),
    or: (index, value) => perform("or", index, value),
    exchange: (index, value) => perform("exchange", index, value),
    compareExchange: (index, expected, value) =>
      perform("compareExchange", index, expected, value),
    read: (index) => perform("read", index),
    write: (index, value) => void perform("write", index, value),
    wait: (index, value) => {
      perform("wait", index, value);
      return true;
    },
    waitAsync: (index, value) => {
      const ticket = perform("waitAsync", index, value);
      if (ticket === 0) return null;
      const promise = new Promise<unknown>(() => {});
      waits.set(promise, ticket);
      return promise;
    },
    notify: (index) => void perform("notify", index),
  };
  const self: Self = {
    note: (value) => void notes.push(value),
    settle: (wait) => void perform("settle", -1, waits.get(wait)!),
    mayEndHere: () => void perform("end?", -1),
  };
  try {
    thread.run(words, self);
  } catch (error) {
    if (error !== SUSPEND) return { next: null, notes, failure: { error } };
  }
  return { next, notes, failure: null };
}
