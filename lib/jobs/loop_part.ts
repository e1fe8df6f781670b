/**
 * What the code of leaves sees of their loop.
 *
 * @module
 */

import type { Priority } from "../calls/plan.ts";
import {
  cancelledError,
  type RunningCall,
  runningCall,
} from "../limits/running_call.ts";
import type { Job } from "./job.ts";

/** A helper's part of a loop, as a call that is cancelled when the loop is. */
export class LoopPart implements RunningCall {
  /** See {@linkcode RunningCall}. */
  readonly priority: Priority;
  readonly #job: Job;
  readonly #helperCall: RunningCall | undefined = runningCall();

  constructor(job: Job) {
    this.priority = this.#helperCall?.priority ?? "normal";
    this.#job = job;
  }

  /** See {@linkcode RunningCall}. */
  get isCancelled(): boolean {
    return this.#job.isCancelled || this.#helperCall?.isCancelled === true;
  }

  /** See {@linkcode RunningCall}. Leaves are synchronous, so it does not change meanwhile. */
  get signal(): AbortSignal {
    const abort = new AbortController();
    if (this.isCancelled) abort.abort(cancelledError());
    return abort.signal;
  }
}
