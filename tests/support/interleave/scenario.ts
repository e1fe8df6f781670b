/**
 * The input of the interleaving checker, and what it passes to a scenario's check.
 *
 * @module
 */

import type { Words } from "../../../lib/bridge/words.ts";

/** What a simulated thread can do in addition to accessing words. */
export interface Self {
  /** Records a value for {@linkcode Scenario.check}. */
  note(value: number): void;
  /** Waits, like an event loop, for a promise of {@linkcode Words.waitAsync}. */
  settle(wait: Promise<unknown>): void;
  /** Marks a point at which the thread may end. */
  mayEndHere(): void;
}

/** One thread. It runs many times, so it must depend only on what it reads. */
export interface SimulatedThread {
  /** The code of the thread, which must create all objects that it uses. */
  run(words: Words, self: Self): void;
  /** Whether it may end before each operation, not only at {@linkcode Self.mayEndHere}. */
  readonly mayEnd?: boolean;
  /** Start only when the thread with this index has ended or returned. */
  readonly after?: number;
}

/** The end of a schedule. */
export interface End {
  /** What each thread recorded, in order. */
  readonly notes: readonly (readonly number[])[];
  /** For each thread, whether it still sleeps. */
  readonly parked: readonly boolean[];
  /** The memory, on which a check can run code as a single thread. */
  readonly words: Words;
}

/** Threads that share words, and the conditions that must hold. */
export interface Scenario {
  /** Size of the memory, which starts with zeroes. */
  readonly wordCount: number;
  /** Writes to the memory before any thread runs. */
  prepare?(words: Words): void;
  /** The threads. */
  readonly threads: readonly SimulatedThread[];
  /**
   * How often a thread that could continue may be preempted; unlimited by default. Most bugs
   * need two or three preemptions.
   */
  readonly preemptions?: number;
  /** Whether threads may sleep at the end; otherwise that is a lost wake-up. */
  readonly mayStayParked?: boolean;
  /** Throws if the end violates a condition. */
  check?(end: End): void;
}
