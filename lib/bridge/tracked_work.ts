/**
 * Which workers have tracked work in flight, so that shutdown can wait for all of it.
 *
 * @module
 */

import type { Words } from "./words.ts";

const NONE = 0;
const SOME = 1;

/** Where the words are. */
export interface TrackedWorkPlace {
  /** Counts how often any thread has begun. */
  readonly epoch: number;
  /** By thread index: whether the thread has tracked work in flight. */
  readonly threads: readonly number[];
}

/**
 * Each worker says of itself whether a tracked call that it made, or a tracked task on its
 * event loop, is unfinished. The main thread counts its own and reads the workers' words.
 */
export class TrackedWork {
  readonly #words: Words;
  readonly #epoch: number;
  readonly #threads: readonly number[];

  constructor(words: Words, place: TrackedWorkPlace) {
    this.#words = words;
    this.#epoch = place.epoch;
    this.#threads = place.threads;
  }

  /** NONE => SOME. Comes before the work itself is handed to another thread. */
  begin(thread: number): void {
    this.#words.store(this.#threads[thread], SOME);
    this.#words.add(this.#epoch, 1);
  }

  /** SOME => NONE. */
  end(thread: number): void {
    this.#words.store(this.#threads[thread], NONE);
  }

  /**
   * Whether no worker has tracked work, for a thread that has none itself.
   *
   * Work moves between threads while their words are read one after another. But a thread
   * that gets some begins before the call that brought it is completed, hence before the
   * thread that made that call ends. So if work moved behind the reader, the epoch changed.
   */
  isDone(): boolean {
    const words = this.#words;
    while (true) {
      const epoch = words.load(this.#epoch);
      for (let i = 0; i < this.#threads.length; i++) {
        if (words.load(this.#threads[i]) !== NONE) return false;
      }
      if (words.load(this.#epoch) === epoch) return true;
    }
  }
}
