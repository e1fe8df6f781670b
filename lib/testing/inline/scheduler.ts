/**
 * Decides what the threads of an inline runtime do next.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import { setImmediate } from "node:timers";
import { randomIntegers } from "./random.ts";

/** Something that a thread can do. It returns what it did, for the list of steps. */
export type Step = () => string;

/** What the scheduler runs in place of a thread. */
export interface InlineThread {
  /** Looks for news, and takes part in the present turn. */
  wake(): void;
  /** What it could do now. */
  steps(): Step[];
  /** What it does only when no thread can do anything else; undefined if there is nothing. */
  lastResort(): string | undefined;
  /** Nothing is left to do; false if something has come meanwhile. */
  sleep(): boolean;
}

/**
 * Turns of the event loop without anything to do before the threads sleep. Streams of the
 * JavaScript runtime may take a turn to pass something on.
 */
const IDLE_TURNS = 2;

/** The newest steps that are kept. */
const MAX_STEPS = 10_000;

/**
 * Runs one step of one thread in each turn of the event loop, in an order that depends on the
 * seed. The reactions of promises run to their end between two steps.
 */
export class Scheduler {
  /** What was done so far. */
  readonly steps: string[] = [];
  /** Called when no thread has anything to do. */
  onIdle: () => void = () => {};
  readonly #threads: () => readonly InlineThread[];
  readonly #now: () => number;
  readonly #random: (limit: number) => number;
  /** Runs what the threads do as code that belongs to nobody. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #turn = (): void => this.#outside(() => this.#takeTurn());
  #waiting: (() => void)[] = [];
  #idleTurns = 0;
  #holdCount = 0;
  #isScheduled = false;
  #hasStopped = false;

  /**
   * @param seed What the order depends on.
   * @param threads The threads at present, in a fixed order.
   * @param now The time, for the list of steps.
   */
  constructor(
    seed: number,
    threads: () => readonly InlineThread[],
    now: () => number,
  ) {
    this.#random = randomIntegers(seed);
    this.#threads = threads;
    this.#now = now;
  }

  /** There may be something to do. */
  wake(): void {
    this.#idleTurns = 0;
    this.#schedule();
  }

  /** Resolves when no thread has anything to do. */
  settled(): Promise<void> {
    if (this.#hasStopped) return Promise.resolve();
    const settled = new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.wake();
    return settled;
  }

  /** Takes no step until a promise is settled, as long as that may take. */
  hold(promise: Promise<unknown>): void {
    this.#holdCount++;
    const release = () => {
      this.#holdCount--;
      this.wake();
    };
    promise.then(release, release);
  }

  /** Notes a step that the scheduler did not choose. */
  note(step: string): void {
    this.steps.push(`${this.#now()} ${step}`);
    if (this.steps.length > MAX_STEPS) this.steps.shift();
  }

  /** No step is taken any more. */
  stop(): void {
    this.#hasStopped = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#hasStopped) return;
    this.#isScheduled = true;
    setImmediate(this.#turn);
  }

  #takeTurn(): void {
    this.#isScheduled = false;
    if (this.#hasStopped || this.#holdCount > 0) return;
    try {
      for (const thread of this.#threads()) thread.wake();
      if (this.#hasStopped) return;
      if (this.#tryStep()) this.#idleTurns = 0;
      else if (++this.#idleTurns > IDLE_TURNS) return this.#fallAsleep();
    } catch (error) {
      this.#schedule();
      throw error;
    }
    this.#schedule();
  }

  #tryStep(): boolean {
    const threads = this.#threads();
    const steps = threads.flatMap((thread) => thread.steps());
    if (steps.length !== 0) {
      // One step needs no choice, so it takes no number of the sequence.
      const index = steps.length === 1 ? 0 : this.#random(steps.length);
      this.note(steps[index]());
      return true;
    }
    for (const thread of threads) {
      const done = thread.lastResort();
      if (done === undefined) continue;
      this.note(done);
      return true;
    }
    return false;
  }

  #fallAsleep(): void {
    let sleeps = true;
    for (const thread of this.#threads()) sleeps = thread.sleep() && sleeps;
    if (!sleeps) return this.wake();
    for (const resolve of this.#waiting.splice(0)) resolve();
    this.onIdle();
  }
}
