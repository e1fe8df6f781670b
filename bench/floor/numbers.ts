/**
 * The floor for calls that carry a number: a ring in shared memory and one worker. See
 * README.md for what it leaves out.
 *
 * @module
 */

import {
  ADD_ONE,
  CALLER_PARKED,
  CAPACITY,
  FINISHED,
  MEMORY_BYTES,
  numberOf,
  slotOf,
  SUBMITTED,
  WORKER_PARKED,
} from "./numbers_layout.ts";
import { startWorker } from "./start_worker.ts";

/** How often the caller looks for a result before it sleeps. */
const SPINS = 400;

type Resolve = (result: number) => void;

/** Calls numeric functions on one worker. */
export class NumbersFloor {
  readonly #words = new Int32Array(new SharedArrayBuffer(MEMORY_BYTES));
  readonly #numbers = new Float64Array(this.#words.buffer);
  readonly #resolves = new Array<Resolve | undefined>(CAPACITY);
  #submitted = 0;
  #settled = 0;
  #isPumping = false;

  private constructor() {}

  /** Starts the worker; resolves once it serves calls. */
  static async start(): Promise<NumbersFloor> {
    const floor = new NumbersFloor();
    const url = new URL("numbers_worker.ts", import.meta.url);
    await startWorker(url, floor.#words);
    return floor;
  }

  /** Resolves with `n + 1`. */
  addOne(n: number): Promise<number> {
    return this.#call(ADD_ONE, n);
  }

  #call(fn: number, argument: number): Promise<number> {
    return new Promise((resolve) => {
      if (this.#submitted - this.#settled >= CAPACITY) {
        throw new RangeError(`Cannot call: ${CAPACITY} calls are in flight`);
      }
      this.#submit(fn, argument, resolve);
      if (!this.#isPumping) {
        this.#isPumping = true;
        queueMicrotask(this.#pump);
      }
    });
  }

  #submit(fn: number, argument: number, resolve: Resolve): void {
    const slot = slotOf(this.#submitted);
    this.#words[slot] = fn;
    this.#numbers[numberOf(slot)] = argument;
    this.#resolves[this.#submitted & (CAPACITY - 1)] = resolve;
    this.#submitted = (this.#submitted + 1) | 0;
    // Publishes the slot to the worker, which loads SUBMITTED before it reads the slot.
    Atomics.store(this.#words, SUBMITTED, this.#submitted);
    if (Atomics.load(this.#words, WORKER_PARKED) === 1) {
      Atomics.notify(this.#words, SUBMITTED);
    }
  }

  /** Settles what is finished; spins, then sleeps, while nothing is. */
  readonly #pump = (): void => {
    for (let spins = 0; spins <= SPINS; spins++) {
      if (this.#settle()) {
        if (this.#submitted === this.#settled) this.#isPumping = false;
        else queueMicrotask(this.#pump);
        return;
      }
      Atomics.pause();
    }
    this.#park();
  };

  /** Returns whether any call was finished. */
  #settle(): boolean {
    const finished = Atomics.load(this.#words, FINISHED);
    if (this.#settled === finished) return false;
    while (this.#settled !== finished) {
      const index = this.#settled & (CAPACITY - 1);
      const result = this.#numbers[numberOf(slotOf(this.#settled))];
      const resolve = this.#resolves[index]!;
      this.#resolves[index] = undefined;
      this.#settled = (this.#settled + 1) | 0;
      resolve(result);
    }
    return true;
  }

  #park(): void {
    Atomics.store(this.#words, CALLER_PARKED, 1);
    // A call that finished before the store found nobody to wake.
    if (Atomics.load(this.#words, FINISHED) !== this.#settled) {
      Atomics.store(this.#words, CALLER_PARKED, 0);
      queueMicrotask(this.#pump);
      return;
    }
    const { async, value } = Atomics.waitAsync(this.#words, CALLER_PARKED, 1);
    if (async) value.then(this.#pump);
    else queueMicrotask(this.#pump);
  }
}
