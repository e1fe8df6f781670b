/**
 * The guard of a shared object: a lock for a few dozen instructions.
 *
 * @module
 */

import type { Words } from "../bridge/words.ts";
import { GUARD } from "./layout.ts";

const FREE = 0;
const HELD = 1;
/** Held, and other threads may wait. */
const CONTENDED = 2;

/** How often a thread tries before it blocks; the thread that holds the guard leaves soon. */
const TRIES = 64;

/** Lets one thread at a time read and write the words of a shared object. */
export class Guard {
  readonly #words: Words;
  readonly #tries: number;

  /** @param tries How often a thread tries before it blocks; tests try once. */
  constructor(words: Words, tries: number = TRIES) {
    this.#words = words;
    this.#tries = tries;
  }

  /** Blocks until no other thread is inside. */
  enter(): void {
    const words = this.#words;
    for (let i = 0; i < this.#tries; i++) {
      // FREE => HELD.
      if (words.compareExchange(GUARD, FREE, HELD) === FREE) return;
      Atomics.pause();
    }
    // Any => CONTENDED, also when it was FREE: other threads may still wait.
    while (words.exchange(GUARD, CONTENDED) !== FREE) {
      words.wait(GUARD, CONTENDED);
    }
  }

  /** Lets the next thread in. */
  leave(): void {
    // HELD or CONTENDED => FREE. Publishes what was written inside.
    if (this.#words.exchange(GUARD, FREE) === CONTENDED) {
      this.#words.notify(GUARD);
    }
  }
}
