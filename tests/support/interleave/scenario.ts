/**
 * What the checker of interleavings is told, and what it tells at each end.
 *
 * @module
 */

import type { Words } from "../../../lib/bridge/words.ts";

/** What a simulated thread can do beside reading and writing words. */
export interface Self {
  /** Records a value for {@linkcode Scenario.check}. */
  note(value: number): void;
  /** Waits, as an event loop would, for a promise of {@linkcode Words.waitAsync}. */
  settle(wait: Promise<unknown>): void;
  /** The thread may end here for ever, without a word. */
  mayEndHere(): void;
}

/** One thread. It is run again and again, so it must be a function of what it reads. */
export interface SimulatedThread {
  /** What the thread does; all its objects have to be made in here. */
  run(words: Words, self: Self): void;
  /** Whether it may end before each of its operations, not only where it says so. */
  readonly mayEnd?: boolean;
  /** It starts when the thread with this index has ended or returned. */
  readonly after?: number;
}

/** How a schedule ended. */
export interface End {
  /** What each thread recorded, in order. */
  readonly notes: readonly (readonly number[])[];
  /** For each thread, whether it sleeps for ever. */
  readonly parked: readonly boolean[];
  /** The memory, to read and to run code on, by one thread. */
  readonly words: Words;
}

/** Threads that share words, and what must hold. */
export interface Scenario {
  /** Size of the memory, all zeroes. */
  readonly wordCount: number;
  /** Writes to the memory before any thread runs. */
  prepare?(words: Words): void;
  /** The threads. */
  readonly threads: readonly SimulatedThread[];
  /**
   * How often a thread that could go on may be interrupted; without limit when left out.
   * Most bugs need two or three interruptions.
   */
  readonly preemptions?: number;
  /** Whether threads may sleep for ever in the end; otherwise that is a lost wake-up. */
  readonly mayStayParked?: boolean;
  /** Throws when an end is not as it should be. */
  check?(end: End): void;
}
