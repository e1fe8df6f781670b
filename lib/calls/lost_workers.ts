/**
 * Notices that workers have ended, and rejects the calls that they did not finish.
 *
 * @module
 */

import type { Control } from "../bridge/control.ts";
import type { Caller } from "./caller.ts";
import type { EndpointHost } from "./endpoint_host.ts";
import { lostError } from "./lost_error.ts";

/**
 * The workers that one thread knows, by serial number. A worker has ended when the control
 * block has another serial number for its thread index.
 */
export class LostWorkers {
  readonly #control: Control;
  readonly #host: EndpointHost;
  readonly #serials: number[];

  constructor(control: Control, host: EndpointHost) {
    this.#control = control;
    this.#host = host;
    this.#serials = Array.from(
      { length: control.threadCount },
      (_, thread) => control.serial(thread),
    );
  }

  /**
   * Rejects the calls of workers that have ended since the last look. Drain the callers
   * first: what those workers completed still counts.
   *
   * @returns The number of rejected calls.
   */
  rejectCalls(callers: readonly Caller[]): number {
    let count = 0;
    for (let thread = 0; thread < this.#serials.length; thread++) {
      const serial = this.#control.serial(thread);
      if (serial === this.#serials[thread]) continue;
      this.#serials[thread] = serial;
      for (const caller of callers) {
        count += caller.rejectLost((serial) =>
          lostError(
            serial % this.#control.threadCount,
            (thread) => this.#host.reasonOfEnd(thread),
          )
        );
      }
    }
    return count;
  }
}
