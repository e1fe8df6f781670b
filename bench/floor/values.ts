/**
 * The floor for calls that carry values: one call at a time, which one worker gives back.
 * See README.md for what it leaves out.
 *
 * @module
 */

import { startWorker } from "./start_worker.ts";
import type { Codec } from "./values_codec.ts";
import {
  codecFor,
  FINISHED,
  SUBMITTED,
  type ValuesMemory,
  valuesMemory,
  type ValuesSetup,
  WORKER_PARKED,
} from "./values_layout.ts";

/** After so many looks for a result the worker is taken to have failed. */
const MAX_SPINS = 5e6;

/** Sends values to one worker, which sends them back. */
export class ValuesFloor {
  readonly #memory: ValuesMemory;
  readonly #codec: Codec;
  #submitted = 0;
  #resolve: ((result: unknown) => void) | undefined;
  #reject: ((error: Error) => void) | undefined;

  private constructor(setup: ValuesSetup) {
    this.#memory = setup.memory;
    this.#codec = codecFor(setup);
  }

  /**
   * Starts the worker; resolves once it serves calls.
   *
   * @param samples Values of every shape that calls will carry.
   */
  static async start(samples: readonly unknown[]): Promise<ValuesFloor> {
    const setup = { memory: valuesMemory(), samples };
    const floor = new ValuesFloor(setup);
    const url = new URL("values_worker.ts", import.meta.url);
    await startWorker(url, setup);
    return floor;
  }

  /** Resolves with a copy of the value that crossed to the worker and back. */
  echo<T>(value: T): Promise<T> {
    return new Promise((resolve, reject) => {
      const { control, argument } = this.#memory;
      this.#codec.write(argument, 0, value);
      this.#resolve = resolve as (result: unknown) => void;
      this.#reject = reject;
      this.#submitted = (this.#submitted + 1) | 0;
      // Publishes the argument to the worker, which loads SUBMITTED before it reads.
      Atomics.store(control, SUBMITTED, this.#submitted);
      if (Atomics.load(control, WORKER_PARKED) === 1) {
        Atomics.notify(control, SUBMITTED);
      }
      queueMicrotask(this.#pump);
    });
  }

  /** Spins until the call is finished; it never sleeps. */
  readonly #pump = (): void => {
    const { control, result } = this.#memory;
    let spins = 0;
    while (Atomics.load(control, FINISHED) !== this.#submitted) {
      if (++spins > MAX_SPINS) {
        this.#reject!(new Error("Cannot call: the worker does not answer"));
        return;
      }
      Atomics.pause();
    }
    this.#resolve!(this.#codec.read(result, 0));
  };
}
