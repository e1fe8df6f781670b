/**
 * Runs rounds of work between other tasks of an event loop.
 *
 * @module
 */

import { setImmediate } from "node:timers";

/** The original: tasks may replace the global one. */
const { queueMicrotask } = globalThis;

/** Rounds between two readings of the clock. */
const ROUNDS_PER_LOOK = 64;
/** Longest run of rounds in microtasks before timers and I/O run. */
const TURN_MS = 2;
/**
 * Most readings of the clock in one turn. Rounds take longer than 100 ns, so this ends a turn
 * only when the clock stands still, such as the fake clock of a test.
 */
const LOOKS_PER_TURN = 300;

/**
 * Runs one function in rounds. A round is a microtask, so that the reactions of promises
 * that were settled in one round run before the next. Every few milliseconds a round runs
 * after the timers and I/O that are due.
 */
export class Rounds {
  readonly #round: () => void;
  readonly #onLook: () => void;
  readonly #scheduled = (): void => {
    this.#isScheduled = false;
    this.#round();
  };
  readonly #turn = (): void => {
    this.#isTurnDue = false;
    this.#turnStartMs = performance.now();
    this.#looks = 0;
    if (!this.#awaitsTurn) return;
    this.#awaitsTurn = this.#mayHurry = false;
    this.#scheduled();
  };
  #isScheduled = false;
  /** Whether #turn() runs after the timers and I/O that are due. */
  #isTurnDue = false;
  /** Whether it runs the round. */
  #awaitsTurn = false;
  /** Whether that round may run earlier. */
  #mayHurry = false;
  #untilLook = ROUNDS_PER_LOOK;
  #turnStartMs = 0;
  #looks = 0;

  /** @param onLook Called whenever the clock is read, which is every few dozen rounds. */
  constructor(round: () => void, onLook: () => void = () => {}) {
    this.#round = round;
    this.#onLook = onLook;
  }

  /** Schedules a round, usually as a microtask, unless one is scheduled. */
  next(): void {
    if (this.#isScheduled) return;
    if (--this.#untilLook <= 0 && this.#isTurnOver()) return this.nextTurn();
    queueMicrotask(this.#scheduled);
    this.#awaitsTurn = false;
    this.#isScheduled = true;
  }

  #isTurnOver(): boolean {
    this.#untilLook = ROUNDS_PER_LOOK;
    this.#onLook();
    return ++this.#looks >= LOOKS_PER_TURN ||
      performance.now() - this.#turnStartMs >= TURN_MS;
  }

  /** Schedules a round after the timers and I/O that are due, unless one is scheduled. */
  nextTurn(): void {
    if (this.#isScheduled) return;
    if (!this.#isTurnDue) setImmediate(this.#turn);
    this.#isTurnDue = this.#awaitsTurn = this.#isScheduled = true;
  }

  /** Like {@linkcode Rounds.nextTurn}, unless {@linkcode Rounds.hurry} comes first. */
  rest(): void {
    if (this.#isScheduled) return;
    this.nextTurn();
    this.#mayHurry = true;
  }

  /** Schedules the round of {@linkcode Rounds.rest} as {@linkcode Rounds.next} does. */
  hurry(): void {
    if (!this.#mayHurry) return;
    this.#mayHurry = this.#isScheduled = false;
    // If no stack is left for this, the turn still runs the round.
    this.next();
  }
}
