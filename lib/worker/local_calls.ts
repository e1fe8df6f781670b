/**
 * Calls that a worker made and runs itself, because they wait for a slot.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { LocalParts } from "../payloads/message_buffers.ts";
import { type KeptPayload, WRAPPED } from "../payloads/payload_kinds.ts";
import type { Payloads } from "../payloads/payloads.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import type { WaitingCall } from "../calls/waiting_calls.ts";
import type { Functions } from "../tasks/functions.ts";
import type { RunTimes } from "./run_times.ts";
import type { TaskStarter } from "./task_starter.ts";
import { StartedCall, type UncaughtErrors } from "./uncaught.ts";

/** Runs such calls. Arguments and results are copied as if another worker ran them. */
export class LocalCalls {
  readonly #endpoint: Endpoint;
  readonly #payloads: Payloads;
  readonly #functions: Functions;
  readonly #uncaught: UncaughtErrors;
  readonly #starter: TaskStarter;
  readonly #times: RunTimes;

  constructor(
    endpoint: Endpoint,
    functions: Functions,
    uncaught: UncaughtErrors,
    starter: TaskStarter,
    times: RunTimes,
  ) {
    this.#times = times;
    this.#endpoint = endpoint;
    this.#payloads = endpoint.payloads;
    this.#functions = functions;
    this.#uncaught = uncaught;
    this.#starter = starter;
  }

  /** Runs a call; resolves with a copy of its result. */
  run({ task, payload, plan, moved }: WaitingCall): Promise<unknown> {
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    const fail = (error: unknown) => reject(this.#copyOfError(task, error));
    const isWrapped = plan !== undefined && (plan.flags & WRAPPED) !== 0;
    const call = new StartedCall(task, fail, false, plan?.running, isWrapped);
    this.#uncaught.await(call);
    this.#times.count(task, 1);
    // An async function, so that an error that is thrown at once is a rejection too.
    const run = async () =>
      await this.#starter.start(call, this.#keptArguments(payload, moved));
    run().then((value) => this.#payloads.copy(value, "result")).then(
      (copy) => {
        if (this.#uncaught.settle(call)) resolve(copy);
      },
      (error) => {
        if (this.#uncaught.settle(call)) fail(error);
      },
    );
    return promise;
  }

  /** All buffers in them are this thread's own, and the call holds them. */
  #keptArguments(payload: KeptPayload, moved: object[] = []): unknown[] {
    const parts = new LocalParts(this.#endpoint.sharedBuffers, moved);
    return this.#payloads.readKept(payload, parts) as unknown[];
  }

  #copyOfError(task: number, thrown: unknown): unknown {
    this.#times.fail(task);
    return sendThrown(thrown, (value) => {
      const error = this.#functions.explain(task, value);
      return this.#payloads.copy(error, "error");
    });
  }
}
