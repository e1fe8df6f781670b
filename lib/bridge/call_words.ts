/**
 * Whether controlled calls are cancelled.
 *
 * @module
 */

import { CALL_START, CALL_STATE, CALL_WORDS } from "./layout.ts";
import type { Words } from "./words.ts";

// CALL is 0 or TIMED while the call waits. Then come:
/** A worker has begun to run the call. */
export const STARTED = 1;
/** The owner does not need its result any more. */
export const CANCELLED = 2;
/** The worker must be unparked when the call is cancelled. */
export const WATCHED = 4;
/** The worker must write when it has started. */
const TIMED = 8;

/**
 * The CALL words of one lane, by slot. A call is *controlled* if its owner may cancel it. It
 * starts or is cancelled first, which both sides agree on by a compare-exchange.
 */
export class CallWords {
  readonly #words: Words;
  readonly #first: number;

  /** @param first Word where those of slot 0 begin. */
  constructor(words: Words, first: number) {
    this.#words = words;
    this.#first = first;
  }

  /**
   * Any => waiting. Owner only: when it frees the slot, and before it pushes a controlled call,
   * which publishes the word. The word is most likely in the cache of the worker that ran the
   * call, so the first of the two does the writing, as no atomic operation waits for it.
   *
   * @param timed Whether the owner needs {@linkcode CallWords.startOf}.
   */
  reset(slot: number, timed: boolean): void {
    const index = this.#state(slot);
    const word = timed ? TIMED : 0;
    if (this.#words.read(index) !== word) this.#words.write(index, word);
  }

  /**
   * Waiting => STARTED. Only the worker that has taken the call.
   *
   * @param now Returns the time, in any unit.
   * @returns False if it is cancelled: the worker completes it without running it.
   */
  tryStart(slot: number, now: () => number): boolean {
    const index = this.#state(slot);
    const word = this.#words.load(index);
    if ((word & CANCELLED) !== 0) return false;
    // Published by the compare-exchange.
    if ((word & TIMED) !== 0) this.#words.write(this.#start(slot), now());
    return this.#words.compareExchange(index, word, word | STARTED) === word;
  }

  /**
   * Any => CANCELLED. Owner only, until it has drained the call.
   *
   * @returns The state before: STARTED if a worker runs the call, else it will never run;
   * WATCHED if that worker must be unparked.
   */
  cancel(slot: number): number {
    return this.#words.or(this.#state(slot), CANCELLED);
  }

  /** Waiting => CANCELLED; false, with nothing changed, if it has started. Owner only. */
  tryDrop(slot: number): boolean {
    const index = this.#state(slot);
    const word = this.#words.load(index);
    if ((word & STARTED) !== 0) return false;
    return this.#words.compareExchange(index, word, word | CANCELLED) === word;
  }

  /**
   * STARTED => STARTED and WATCHED. Only the worker that runs the call.
   *
   * @returns Whether the call is cancelled already; then nobody unparks the worker.
   */
  watch(slot: number): boolean {
    return (this.#words.or(this.#state(slot), WATCHED) & CANCELLED) !== 0;
  }

  /** Whether the call is cancelled. Its owner and the worker that runs it. */
  isCancelled(slot: number): boolean {
    return (this.#words.load(this.#state(slot)) & CANCELLED) !== 0;
  }

  /** Whether a worker has begun the call. Owner only. */
  hasStarted(slot: number): boolean {
    return (this.#words.load(this.#state(slot)) & STARTED) !== 0;
  }

  /** Whether the call has started and is cancelled. */
  mustStop(slot: number): boolean {
    const both = STARTED | CANCELLED;
    return (this.#words.load(this.#state(slot)) & both) === both;
  }

  /** When the call started; undefined if it has not. Owner only, for a timed call. */
  startOf(slot: number): number | undefined {
    const word = this.#words.load(this.#state(slot));
    if ((word & STARTED) === 0) return undefined;
    return this.#words.read(this.#start(slot));
  }

  #state(slot: number): number {
    return this.#first + slot * CALL_WORDS + CALL_STATE;
  }

  #start(slot: number): number {
    return this.#first + slot * CALL_WORDS + CALL_START;
  }
}
