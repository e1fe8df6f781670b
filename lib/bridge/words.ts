/**
 * Shared memory as the protocol sees it: 32-bit words with atomic and plain access.
 *
 * Ring, completions, arena, parker, idle set and job access memory only through
 * {@linkcode Words}, so tests can run the same code under a scheduler that tries every
 * interleaving.
 *
 * @module
 */

/** Result of an asynchronous wait: a promise, or null when the word held another value. */
export type AsyncWait = Promise<unknown> | null;

/** Atomic and plain access to shared 32-bit words. */
export interface Words {
  /** Atomic load. */
  load(index: number): number;
  /** Atomic store. */
  store(index: number, value: number): void;
  /** Atomic add; returns the old value. */
  add(index: number, value: number): number;
  /** Atomic and; returns the old value. */
  and(index: number, value: number): number;
  /** Atomic or; returns the old value. */
  or(index: number, value: number): number;
  /** Atomic exchange; returns the old value. */
  exchange(index: number, value: number): number;
  /** Atomic compare-exchange; returns the old value. */
  compareExchange(index: number, expected: number, value: number): number;
  /** Plain read of a word that an earlier atomic operation published to this thread. */
  read(index: number): number;
  /** Plain write of a word that a later atomic operation publishes. */
  write(index: number, value: number): void;
  /**
   * Blocks the thread while the word holds `value`, or for `timeoutMs`; may return early.
   * Returns false when the time is over.
   */
  wait(index: number, value: number, timeoutMs?: number): boolean;
  /** Like {@linkcode Words.wait}, without blocking. */
  waitAsync(index: number, value: number): AsyncWait;
  /** Wakes one thread that waits on the word. */
  notify(index: number): void;
}

/** The words of a SharedArrayBuffer. */
export class SharedWords implements Words {
  readonly #words: Int32Array<SharedArrayBuffer>;

  constructor(buffer: SharedArrayBuffer) {
    this.#words = new Int32Array(buffer);
  }

  load(index: number): number {
    return Atomics.load(this.#words, index);
  }

  store(index: number, value: number): void {
    Atomics.store(this.#words, index, value);
  }

  add(index: number, value: number): number {
    return Atomics.add(this.#words, index, value);
  }

  and(index: number, value: number): number {
    return Atomics.and(this.#words, index, value);
  }

  or(index: number, value: number): number {
    return Atomics.or(this.#words, index, value);
  }

  exchange(index: number, value: number): number {
    return Atomics.exchange(this.#words, index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#words, index, expected, value);
  }

  read(index: number): number {
    return this.#words[index];
  }

  write(index: number, value: number): void {
    this.#words[index] = value;
  }

  wait(index: number, value: number, timeoutMs?: number): boolean {
    return Atomics.wait(this.#words, index, value, timeoutMs) !== "timed-out";
  }

  waitAsync(index: number, value: number): AsyncWait {
    const outcome = Atomics.waitAsync(this.#words, index, value);
    return outcome.async ? outcome.value : null;
  }

  notify(index: number): void {
    Atomics.notify(this.#words, index, 1);
  }
}

/**
 * The words of a SharedArrayBuffer that grows. Engines access a view of fixed length several
 * times as fast as one that tracks the length of its buffer, so the view is replaced when a
 * word lies beyond it.
 */
export class GrowingWords implements Words {
  readonly #buffer: SharedArrayBuffer;
  #words: Int32Array<SharedArrayBuffer>;
  #count: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#buffer = buffer;
    this.#count = buffer.byteLength >> 2;
    this.#words = new Int32Array(buffer, 0, this.#count);
  }

  #with(index: number): Int32Array<SharedArrayBuffer> {
    if (index >= this.#count) {
      this.#count = this.#buffer.byteLength >> 2;
      this.#words = new Int32Array(this.#buffer, 0, this.#count);
    }
    return this.#words;
  }

  load(index: number): number {
    return Atomics.load(this.#with(index), index);
  }

  store(index: number, value: number): void {
    Atomics.store(this.#with(index), index, value);
  }

  add(index: number, value: number): number {
    return Atomics.add(this.#with(index), index, value);
  }

  and(index: number, value: number): number {
    return Atomics.and(this.#with(index), index, value);
  }

  or(index: number, value: number): number {
    return Atomics.or(this.#with(index), index, value);
  }

  exchange(index: number, value: number): number {
    return Atomics.exchange(this.#with(index), index, value);
  }

  compareExchange(index: number, expected: number, value: number): number {
    return Atomics.compareExchange(this.#with(index), index, expected, value);
  }

  read(index: number): number {
    return this.#with(index)[index];
  }

  write(index: number, value: number): void {
    this.#with(index)[index] = value;
  }

  wait(index: number, value: number, timeoutMs?: number): boolean {
    return Atomics.wait(this.#with(index), index, value, timeoutMs) !==
      "timed-out";
  }

  waitAsync(index: number, value: number): AsyncWait {
    const outcome = Atomics.waitAsync(this.#with(index), index, value);
    return outcome.async ? outcome.value : null;
  }

  notify(index: number): void {
    Atomics.notify(this.#with(index), index, 1);
  }
}
