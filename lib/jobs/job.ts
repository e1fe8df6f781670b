/**
 * The shared memory of one parallel loop.
 *
 * @module
 */

import { growTo } from "../bridge/grow.ts";

// A job, in Int32 words; then its results, LEAF_BYTES for each leaf.
//   word  name      written by       meaning
//   0     CURSOR    everybody        the next leaf to claim; LIMIT or more: none is left
//   1     STOP      everybody        the lowest leaf that ended the loop; only ever sinks
//   2     WAITING   caller, helpers  helper calls that have not left the job
//   3     USED      helpers          bytes of the store that are taken
//   4     LIMIT     caller           number of leaves
//   5+t   RUNNER    thread t         IDLE, LOST, or while it runs leaves its serial number + 1
// A leaf's result is written by whoever claimed it, before it sets its RUNNER back to 0,
// and read by the caller after it has seen all of them at 0.
const CURSOR = 0;
const STOP = 1;
const WAITING = 2;
const USED = 3;
const LIMIT = 4;
const RUNNER = 5;

const IDLE = 0;
const LOST = -1;

/** Kinds of a leaf's result. */
const NONE = 0;
const NUMBER = 1;
const BYTES = 2;
const FAILURE = 3;

/** A loop is cut into this many pieces at most, whatever the number of threads. */
export const MAX_LEAVES = 256;
const LEAF_BYTES = 16;

/** Bytes that all results of one loop which are not numbers may take. */
const MAX_STORE_BYTES = 2 ** 26;
const SMALL_STORE_BYTES = 2 ** 12;

/** A claim leaves this share of the leaves to each thread, so that all end together. */
const CLAIMS_PER_THREAD = 4;

/** Rounds of looking before a waiting caller sleeps. */
const SPIN_ROUNDS = 2_000;

/** How long a caller sleeps at most before it looks whether a runner still lives. */
const SLICE_MS = 100;

/** The buffers of a job, which cross by reference. */
export interface JobMemory {
  /** State and the results of leaves. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Results that are not numbers. */
  readonly store: SharedArrayBuffer;
}

/** What a thread other than the caller left for a leaf. */
export type LeafResult =
  | { readonly kind: "number"; readonly value: number }
  | { readonly kind: "bytes" | "failure"; readonly bytes: Uint8Array };

/** One parallel loop: who runs which leaves, and what came of them. */
export class Job {
  /** The memory; hand this to helpers. */
  readonly memory: JobMemory;
  readonly #words: Int32Array<SharedArrayBuffer>;
  readonly #tags: Int32Array<SharedArrayBuffer>;
  readonly #values: Float64Array<SharedArrayBuffer>;
  readonly #threadCount: number;

  constructor(memory: JobMemory, threadCount: number) {
    const { buffer } = memory.words;
    const table = tableByte(threadCount);
    this.memory = memory;
    this.#words = memory.words;
    this.#threadCount = threadCount;
    this.#values = new Float64Array(buffer, table, MAX_LEAVES);
    this.#tags = new Int32Array(buffer, table + MAX_LEAVES * 8, MAX_LEAVES * 2);
  }

  /** Makes the memory of a job that is not running. */
  static create(threadCount: number): Job {
    const bytes = tableByte(threadCount) + MAX_LEAVES * LEAF_BYTES;
    return new Job({
      words: new Int32Array(new SharedArrayBuffer(bytes)),
      store: new SharedArrayBuffer(SMALL_STORE_BYTES, {
        maxByteLength: MAX_STORE_BYTES,
      }),
    }, threadCount);
  }

  /** Prepares the memory for a loop of `leaves`. Caller only, and only if reusable. */
  reset(leaves: number): void {
    this.#tags.fill(NONE, 0, leaves);
    this.#words[USED] = 0;
    this.#words[STOP] = leaves;
    this.#words[LIMIT] = leaves;
    // Helpers learn of the job by a call that is pushed after this.
    Atomics.store(this.#words, CURSOR, 0);
  }

  /** Number of leaves. */
  get leaves(): number {
    return this.#words[LIMIT];
  }

  /** Whether no helper can touch the memory any more. */
  get reusable(): boolean {
    return Atomics.load(this.#words, WAITING) === 0;
  }

  /** Whether the memory is more than the next job is likely to need. */
  get isLarge(): boolean {
    return this.memory.store.byteLength > SMALL_STORE_BYTES;
  }

  /**
   * Claims up to `most` leaves and returns the first, or -1 when none is left;
   * {@linkcode Job.claimed} says how many they are. The more are left, the more it takes.
   */
  claim(helpers: number, most: number): number {
    const limit = this.#words[LIMIT];
    while (true) {
      const first = Atomics.load(this.#words, CURSOR);
      if (first >= limit) return -1;
      const share = (limit - first) / ((helpers + 1) * CLAIMS_PER_THREAD);
      const count = Math.max(1, Math.min(most, Math.floor(share)));
      // CURSOR first => first + count: these leaves are this thread's alone.
      const seen = Atomics.compareExchange(
        this.#words,
        CURSOR,
        first,
        first + count,
      );
      if (seen === first) {
        this.claimed = count;
        return first;
      }
    }
  }

  /** How many leaves the last {@linkcode Job.claim} of this thread took. */
  claimed = 0;

  /** Whether `leaf` need not be run: one before it has ended the loop. */
  isPast(leaf: number): boolean {
    return Atomics.load(this.#words, STOP) < leaf;
  }

  /** The lowest leaf that ended the loop; the number of leaves if none did. */
  get stoppedAt(): number {
    return Atomics.load(this.#words, STOP);
  }

  /** Ends the loop at `leaf`: nobody claims more, and leaves behind it are not run. */
  stop(leaf: number): void {
    Atomics.store(this.#words, CURSOR, this.#words[LIMIT]);
    let lowest = Atomics.load(this.#words, STOP);
    while (leaf < lowest) {
      const seen = Atomics.compareExchange(this.#words, STOP, lowest, leaf);
      if (seen === lowest) return;
      lowest = seen;
    }
  }

  /** Counts a helper call that is about to be made. */
  expectHelper(): void {
    Atomics.add(this.#words, WAITING, 1);
  }

  /** Takes {@linkcode Job.expectHelper} back: the call could not be made. */
  expectNoHelper(): void {
    Atomics.sub(this.#words, WAITING, 1);
  }

  /** IDLE => running: from here to {@linkcode Job.leave} the caller waits for `thread`. */
  enter(thread: number, serial: number): void {
    Atomics.store(this.#words, RUNNER + thread, serial + 1);
  }

  /** Running => IDLE. Publishes the results of the leaves that `thread` claimed. */
  leave(thread: number): void {
    Atomics.store(this.#words, RUNNER + thread, IDLE);
    Atomics.notify(this.#words, RUNNER + thread);
    // Last: from here on the caller may use the memory for another job.
    Atomics.sub(this.#words, WAITING, 1);
  }

  /** Running => LOST: `thread` ends in the middle of a leaf. */
  abandon(thread: number): void {
    Atomics.store(this.#words, RUNNER + thread, LOST);
    Atomics.notify(this.#words, RUNNER + thread);
  }

  /** Whether any leaf was not claimed. */
  get hasUnclaimed(): boolean {
    return Atomics.load(this.#words, CURSOR) < this.#words[LIMIT];
  }

  /** A thread that ended in the middle of a leaf; -1 when there is none. */
  lostRunner(isAlive: (serial: number) => boolean): number {
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const state = Atomics.load(this.#words, RUNNER + thread);
      if (state !== IDLE && (state === LOST || !isAlive(state - 1))) {
        return thread;
      }
    }
    return -1;
  }

  /**
   * Blocks until nobody runs leaves, once none is left to claim. Returns -1, or a thread
   * that ended in the middle of a leaf.
   */
  waitForRunners(isAlive: (serial: number) => boolean): number {
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const word = RUNNER + thread;
      for (let round = 0; round < SPIN_ROUNDS; round++) {
        if (Atomics.load(this.#words, word) <= IDLE) break;
        Atomics.pause();
      }
      // Who enters from here on finds nothing to claim.
      let state: number;
      while ((state = Atomics.load(this.#words, word)) > IDLE) {
        const outcome = Atomics.wait(this.#words, word, state, SLICE_MS);
        if (outcome === "timed-out" && !isAlive(state - 1)) return thread;
      }
      if (state === LOST) return thread;
    }
    return -1;
  }

  /** Writes a number as the result of a leaf. */
  setNumber(leaf: number, value: number): void {
    this.#values[leaf] = value;
    this.#tags[leaf] = NUMBER;
  }

  /** Writes a serialised value as the result of a leaf; false without room for it. */
  trySetBytes(leaf: number, bytes: Uint8Array, isFailure: boolean): boolean {
    const start = Atomics.add(this.#words, USED, bytes.length);
    if (start < 0 || start + bytes.length > MAX_STORE_BYTES) return false;
    growTo(this.memory.store, start + bytes.length);
    new Uint8Array(this.memory.store, start, bytes.length).set(bytes);
    this.#values[leaf] = start;
    this.#tags[MAX_LEAVES + leaf] = bytes.length;
    this.#tags[leaf] = isFailure ? FAILURE : BYTES;
    return true;
  }

  /** What another thread left for `leaf`; undefined for nothing. */
  result(leaf: number): LeafResult | undefined {
    const tag = this.#tags[leaf];
    if (tag === NONE) return undefined;
    const value = this.#values[leaf];
    if (tag === NUMBER) return { kind: "number", value };
    const length = this.#tags[MAX_LEAVES + leaf];
    const bytes = new Uint8Array(this.memory.store, value, length);
    return { kind: tag === FAILURE ? "failure" : "bytes", bytes };
  }
}

/** Where the results begin: behind the runners, on an address for numbers. */
function tableByte(threadCount: number): number {
  return Math.ceil((RUNNER + threadCount) / 2) * 8;
}
