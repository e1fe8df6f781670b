/**
 * The shared memory of one parallel loop.
 *
 * @module
 */

import { growTo, tryReserve } from "../tasks/append.ts";
import { SharedWords, type Words } from "../bridge/words.ts";
import type { EncodedMessage } from "../codec/encoder.ts";
import type { SharedReference } from "../codec/shared_memory.ts";

// A job, in Int32 words; then its results, LEAF_BYTES for each leaf.
//   word  name      written by       meaning
//   0     CURSOR    all threads      the next leaf to claim; LIMIT or more: none is left
//   1     STOP      all threads      the lowest leaf that ended the loop; never rises
//   2     HELPERS   caller, helpers  helper calls that were submitted and have not left
//   3     USED      helpers          bytes of the store that are taken
//   4     LIMIT     caller           number of leaves
//   5     LOOP      caller           loops of this memory whose results were read
//   6+t   RUNNER    thread t         IDLE, LOST, or while it runs leaves its serial number + 1
// The thread that claimed a leaf writes its result, before it sets its RUNNER to IDLE. The
// caller reads it after it has seen every RUNNER at IDLE.
export const CURSOR = 0;
export const STOP = 1;
export const HELPERS = 2;
const USED = 3;
const LIMIT = 4;
const LOOP = 5;
export const RUNNER = 6;

/** STOP of a loop that is cancelled: it comes before the first leaf. */
const CANCELLED = -1;

const IDLE = 0;
const LOST = -1;

// Kinds of a leaf's result.
/** The leaf has not ended, or the caller ran it. */
const NONE = 0;
/** The leaf returned nothing. */
const EMPTY = 1;
/** A number. */
const NUMBER = 2;
/** A message in the store; the value is where it begins. */
const BYTES = 3;
/** A message in a buffer of its own; the value is the number in the reference to it. */
const BUFFER = 4;
/** Added to BYTES or BUFFER: the message is what the leaf threw. */
const FAILURE = 8;
/** The leaf threw, and there was no memory or stack left to send the error. */
const UNSENT = 16;

/** The most leaves of a loop, for any number of threads. */
export const MAX_LEAVES = 256;
const LEAF_BYTES = 20;

/** The store grows up to this; results that do not fit get buffers of their own. */
export const MAX_STORE_BYTES = 2 ** 26;
const FIRST_STORE_BYTES = 2 ** 12;

/** A store beyond this is large. */
const LARGE_STORE_BYTES = 2 ** 20;

/**
 * A claim takes a thread's share of the leaves that are left, divided by this: claims get
 * smaller towards the end, so that all threads finish at about the same time.
 */
const CLAIMS_PER_THREAD = 4;

/** How often a waiting caller reads a RUNNER before it sleeps. */
const SPIN_ROUNDS = 2_000;

/** The longest sleep of a waiting caller between two checks that a runner is alive. */
export const SLICE_MS = 100;

/** The buffers of a job, which cross by reference. */
export interface JobMemory {
  /** State and the results of leaves. */
  readonly words: Int32Array<SharedArrayBuffer>;
  /** Results that are not numbers. */
  readonly store: SharedArrayBuffer;
}

/** What a helper left for a leaf. */
export type LeafResult =
  | { readonly kind: "none" | "empty" | "unsent" }
  | { readonly kind: "number"; readonly value: number }
  | {
    readonly kind: "bytes";
    readonly bytes: Uint8Array;
    readonly isFailure: boolean;
  }
  | {
    readonly kind: "buffer";
    readonly reference: SharedReference;
    readonly byteLength: number;
    readonly isFailure: boolean;
  };

/** One parallel loop: which thread runs which leaves, and their results. */
export class Job {
  /** The memory; hand this to helpers. */
  readonly memory: JobMemory;
  /** Number of leaves that the last {@linkcode Job.claim} of this thread took. */
  claimedCount = 0;
  readonly #words: Words;
  /** Index of the first leaf's tag; then come the lengths, and the senders of buffers. */
  readonly #tags: number;
  readonly #values: Float64Array<SharedArrayBuffer>;
  readonly #threadCount: number;
  readonly #spinRounds: number;

  /**
   * @param words The words of `memory`, which tests replace.
   * @param spinRounds How often a waiting caller reads a RUNNER before it sleeps.
   */
  constructor(
    memory: JobMemory,
    threadCount: number,
    words: Words = new SharedWords(memory.words.buffer),
    spinRounds: number = SPIN_ROUNDS,
  ) {
    const table = tableByte(threadCount);
    this.memory = memory;
    this.#words = words;
    this.#spinRounds = spinRounds;
    this.#threadCount = threadCount;
    this.#values = new Float64Array(memory.words.buffer, table, MAX_LEAVES);
    this.#tags = table / 4 + MAX_LEAVES * 2;
  }

  /** Makes the memory of a job that is not running. */
  static create(threadCount: number): Job {
    const bytes = tableByte(threadCount) + MAX_LEAVES * LEAF_BYTES;
    return new Job({
      words: new Int32Array(new SharedArrayBuffer(bytes)),
      store: new SharedArrayBuffer(FIRST_STORE_BYTES, {
        maxByteLength: MAX_STORE_BYTES,
      }),
    }, threadCount);
  }

  /** The {@linkcode Job.loop} of the job with these words. */
  static loopOf(words: SharedArrayBuffer): number {
    return Atomics.load(new Int32Array(words), LOOP);
  }

  /**
   * Prepares the memory for a loop of `leaves`. Caller only, and only if reusable.
   *
   * @param first The first leaf to claim: the caller has run those before it.
   */
  reset(leaves: number, first = 0): void {
    for (let leaf = first; leaf < leaves; leaf++) this.#setTag(leaf, NONE);
    this.#words.write(USED, 0);
    this.#words.write(STOP, leaves);
    this.#words.write(LIMIT, leaves);
    // Helpers learn of the job by a call that is pushed after this.
    this.#words.store(CURSOR, first);
  }

  /** Number of leaves. */
  get leaves(): number {
    return this.#words.read(LIMIT);
  }

  /** Whether no helper can touch the memory any more. */
  get isReusable(): boolean {
    return this.#words.load(HELPERS) === 0;
  }

  /** Number of loops of this memory whose results were read. */
  get loop(): number {
    return this.#words.load(LOOP);
  }

  /** The caller needs no result of this loop any more. */
  endLoop(): void {
    this.#words.add(LOOP, 1);
  }

  /** Whether the memory has grown beyond what most jobs need. */
  get isLarge(): boolean {
    return this.memory.store.byteLength > LARGE_STORE_BYTES;
  }

  /**
   * Claims the next leaves for this thread, more of them the more are left.
   *
   * @param helpers Number of other threads that may claim.
   * @param most The most leaves to claim.
   * @returns The first of them, or -1 when none is left. {@linkcode Job.claimedCount} is
   *   their number.
   */
  claim(helpers: number, most: number): number {
    const limit = this.#words.read(LIMIT);
    while (true) {
      const first = this.#words.load(CURSOR);
      if (first >= limit) return -1;
      const share = (limit - first) / ((helpers + 1) * CLAIMS_PER_THREAD);
      const count = Math.max(1, Math.min(most, Math.floor(share)));
      // CURSOR first => first + count: these leaves are this thread's alone.
      const seen = this.#words.compareExchange(
        CURSOR,
        first,
        first + count,
      );
      if (seen === first) {
        this.claimedCount = count;
        return first;
      }
    }
  }

  /** Whether `leaf` need not run, because one before it has ended the loop. */
  isPastStop(leaf: number): boolean {
    return this.#words.load(STOP) < leaf;
  }

  /** The lowest leaf that ended the loop; the number of leaves if none did. */
  get stoppedAt(): number {
    return this.#words.load(STOP);
  }

  /** Ends the loop at `leaf`: no thread claims more, and leaves after it do not run. */
  stop(leaf: number): void {
    this.#words.store(CURSOR, this.#words.read(LIMIT));
    let lowest = this.#words.load(STOP);
    while (leaf < lowest) {
      // STOP lowest => leaf.
      const seen = this.#words.compareExchange(STOP, lowest, leaf);
      if (seen === lowest) return;
      lowest = seen;
    }
  }

  /** Ends the loop before its first leaf, because nobody needs its result. */
  cancel(): void {
    this.stop(CANCELLED);
  }

  /** Whether the loop is cancelled. */
  get isCancelled(): boolean {
    return this.#words.load(STOP) === CANCELLED;
  }

  /** Counts a helper call, before it is submitted. */
  addHelper(): void {
    this.#words.add(HELPERS, 1);
  }

  /** Takes {@linkcode Job.addHelper} back: the call could not be submitted. */
  removeHelper(): void {
    this.#words.add(HELPERS, -1);
  }

  /** IDLE => running: from here to {@linkcode Job.leave} the caller waits for `thread`. */
  enter(thread: number, serial: number): void {
    this.#words.store(RUNNER + thread, serial + 1);
  }

  /** Running => IDLE. Publishes the results of the leaves that `thread` claimed. */
  leave(thread: number): void {
    this.#words.store(RUNNER + thread, IDLE);
    this.#words.notify(RUNNER + thread);
    // Last: from here on the caller may use the memory for another job.
    this.#words.add(HELPERS, -1);
  }

  /** Running => LOST: `thread` ends in the middle of a leaf. */
  markLost(thread: number): void {
    this.#words.store(RUNNER + thread, LOST);
    this.#words.notify(RUNNER + thread);
  }

  /** Whether a leaf is left to claim. */
  get hasUnclaimed(): boolean {
    return this.#words.load(CURSOR) < this.#words.read(LIMIT);
  }

  /** The index of a thread that ended in the middle of a leaf; -1 when there is none. */
  lostRunner(isAlive: (serial: number) => boolean): number {
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const state = this.#words.load(RUNNER + thread);
      if (state !== IDLE && (state === LOST || !isAlive(state - 1))) {
        return thread;
      }
    }
    return -1;
  }

  /**
   * Blocks until no thread runs leaves. Caller only, when no leaf is left to claim.
   *
   * @param isCancelled Whether the call that the caller belongs to is cancelled.
   * @returns The index of a thread that ended in the middle of a leaf, or -1.
   */
  waitForRunners(
    isAlive: (serial: number) => boolean,
    isCancelled: () => boolean = () => false,
  ): number {
    for (let thread = 0; thread < this.#threadCount; thread++) {
      const word = RUNNER + thread;
      for (let round = 0; round < this.#spinRounds; round++) {
        if (this.#words.load(word) <= IDLE) break;
        Atomics.pause();
      }
      // A thread that enters from here on finds nothing to claim.
      let state: number;
      while ((state = this.#words.load(word)) > IDLE) {
        this.#words.wait(word, state, SLICE_MS);
        if (isCancelled() && !this.isCancelled) this.cancel();
        // Not notified, but woken by the time limit.
        if (this.#words.load(word) === state && !isAlive(state - 1)) {
          return thread;
        }
      }
      if (state === LOST) return thread;
    }
    return -1;
  }

  /** Writes that a leaf returned nothing. */
  setEmpty(leaf: number): void {
    this.#setTag(leaf, EMPTY);
  }

  /** Writes a number as the result of a leaf. */
  setNumber(leaf: number, value: number): void {
    this.#values[leaf] = value;
    this.#setTag(leaf, NUMBER);
  }

  /** Copies a message as the result of a leaf; returns false if the store has no room. */
  tryWrite(leaf: number, message: EncodedMessage, isFailure: boolean): boolean {
    const { words, store } = this.memory;
    const { byteLength } = message;
    const start = tryReserve(words, USED, byteLength, MAX_STORE_BYTES);
    if (start < 0) return false;
    growTo(store, start + byteLength);
    message.copyInto(new Uint8Array(store, start, byteLength), 0);
    this.#values[leaf] = start;
    this.#words.write(this.#tags + MAX_LEAVES + leaf, byteLength);
    this.#setTag(leaf, isFailure ? BYTES + FAILURE : BYTES);
    return true;
  }

  /** Writes the reference of the buffer that holds the result of a leaf. */
  setBuffer(
    leaf: number,
    { sender, number }: SharedReference,
    byteLength: number,
    isFailure: boolean,
  ): void {
    this.#values[leaf] = number;
    this.#words.write(this.#tags + MAX_LEAVES * 2 + leaf, sender);
    this.#words.write(this.#tags + MAX_LEAVES + leaf, byteLength);
    this.#setTag(leaf, isFailure ? BUFFER + FAILURE : BUFFER);
  }

  /** Writes that a leaf threw an error that could not be sent. */
  setUnsent(leaf: number): void {
    this.#setTag(leaf, UNSENT);
  }

  #setTag(leaf: number, tag: number): void {
    this.#words.write(this.#tags + leaf, tag);
  }

  /** What a helper left for `leaf`. */
  result(leaf: number): LeafResult {
    const tag = this.#words.read(this.#tags + leaf);
    if (tag === NONE) return { kind: "none" };
    if (tag === EMPTY) return { kind: "empty" };
    if (tag === UNSENT) return { kind: "unsent" };
    const value = this.#values[leaf];
    if (tag === NUMBER) return { kind: "number", value };
    const isFailure = (tag & FAILURE) !== 0;
    const byteLength = this.#words.read(this.#tags + MAX_LEAVES + leaf);
    if ((tag & BUFFER) !== 0) {
      const sender = this.#words.read(this.#tags + MAX_LEAVES * 2 + leaf);
      const reference = { sender, number: value };
      return { kind: "buffer", reference, byteLength, isFailure };
    }
    const bytes = new Uint8Array(this.memory.store, value, byteLength);
    return { kind: "bytes", bytes, isFailure };
  }
}

/** Where the results begin: after the runners, on a multiple of 8 bytes. */
function tableByte(threadCount: number): number {
  return Math.ceil((RUNNER + threadCount) / 2) * 8;
}
