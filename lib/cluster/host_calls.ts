/**
 * The calls that a host has taken.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { ClusterVersionError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { NatsConnection } from "./connection.ts";
import type { ServiceMsg, TaskCounts } from "./discovery.ts";
import {
  CANCELLABLE,
  type Frame,
  KIND,
  readFrame,
  writeFrame,
} from "./frame.ts";
import { isStored, type Payloads } from "./payloads.ts";
import { WORKING_MS } from "./replies.ts";
import type { ClusterPriority } from "./subjects.ts";

/** What the calls of a host need. */
export interface CallHost {
  readonly connection: NatsConnection;
  readonly runtime: LoomRuntime;
  readonly payloads: Payloads;
  /** Name of the host, for people. */
  readonly name: string;
  /** Version of its tasks. */
  readonly version: string;
  /** Most calls that run or wait. */
  readonly maxCalls: number;
}

interface RunningCall {
  readonly reply: string;
  readonly controller: AbortController;
}

/** Counts the calls of one task. */
export class TaskCounter {
  #ended = 0;
  #failed = 0;
  #totalMs = 0;

  /** Counts a call that has ended. */
  count(ms: number, failed: boolean, calls: number = 1): void {
    this.#ended += calls;
    this.#totalMs += ms;
    if (failed) this.#failed += calls;
  }

  /** The counts so far. */
  get counts(): TaskCounts {
    const meanMs = this.#ended === 0 ? 0 : this.#totalMs / this.#ended;
    return { ended: this.#ended, failed: this.#failed, meanMs };
  }
}

/** Runs calls and answers them. */
export class HostCalls {
  readonly #host: CallHost;
  readonly #running = new Map<string, RunningCall>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #onIdle: (() => void) | undefined;
  /** Subject on which this host hears of cancelled calls ends with it. */
  id = "";

  constructor(host: CallHost) {
    this.#host = host;
  }

  /** Number of calls that run or wait. */
  get count(): number {
    return this.#running.size;
  }

  /** Resolves when no call runs. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) {
      await new Promise<void>((resolve) => this.#onIdle = resolve);
    }
  }

  /** Takes a call of `task`. */
  take(
    message: ServiceMsg,
    task: AnyFunction,
    counter: TaskCounter,
  ): void {
    const reply = message.reply;
    const { name, maxCalls, version } = this.#host;
    if (!reply) return;
    let frame: Frame;
    try {
      frame = readFrame(message.data);
      checkVersion(frame, version, name);
    } catch (error) {
      this.#send(reply, this.#written(error));
      return;
    }
    if (this.#running.size >= maxCalls) {
      this.#send(reply, writeFrame({ kind: KIND.BUSY, text: name }));
      return;
    }
    const controller = new AbortController();
    this.#running.set(reply, { reply, controller });
    this.#timer ??= setInterval(() => this.#sayWorking(), WORKING_MS);
    if (frame.flags & CANCELLABLE) this.#sayWorkingOn(reply);
    const [, priority] = message.subject.split(".").slice(-3);
    const started = performance.now();
    this.#run(frame, task, priority as ClusterPriority, controller.signal)
      .then((bytes) => {
        counter.count(performance.now() - started, bytes[1] === KIND.ERROR);
        if (!controller.signal.aborted) this.#send(reply, bytes);
      }, (problem) => {
        // The store of large payloads failed; the error is small.
        counter.count(performance.now() - started, true);
        this.#send(reply, this.#written(problem));
      })
      .finally(() => this.#ended(reply));
  }

  /** Ends a call whose caller no longer waits. */
  cancel(data: Uint8Array): void {
    try {
      this.#running.get(readFrame(data).text)?.controller.abort();
    } catch {
      // Of another version, or not one of the library's: there is nobody to tell.
    }
  }

  async #run(
    frame: Frame,
    task: AnyFunction,
    priority: ClusterPriority,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    const { payloads, runtime, name } = this.#host;
    try {
      let whole = frame;
      if (isStored(frame)) {
        whole = await payloads.fetch(frame);
        await payloads.release(frame);
      }
      const args = payloads.readArguments(whole);
      const timeoutMs = frame.number > 0 ? frame.number : undefined;
      const view = runtime.with(callOptions({ priority, signal, timeoutMs }));
      const result = await view.spawnCompute(task, ...args);
      return await payloads.writeValue(
        { kind: KIND.RESULT, text: name },
        result,
        "result",
      );
    } catch (error) {
      return await payloads.writeThrown(
        { kind: KIND.ERROR, text: name },
        error,
      );
    }
  }

  #written(error: unknown): Uint8Array {
    const { payloads, name } = this.#host;
    const head = { kind: KIND.ERROR, text: name };
    const bytes = payloads.writeThrown(head, error);
    if (bytes instanceof Uint8Array) return bytes;
    return payloads.writeThrown(
      head,
      new Error((error as Error).message?.slice(0, 1000)),
    ) as Uint8Array;
  }

  #ended(reply: string): void {
    this.#running.delete(reply);
    if (this.#running.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#onIdle?.();
  }

  #sayWorking(): void {
    for (const reply of this.#running.keys()) this.#sayWorkingOn(reply);
  }

  #sayWorkingOn(reply: string): void {
    this.#send(reply, writeFrame({ kind: KIND.WORKING, text: this.id }));
  }

  #send(reply: string, bytes: Uint8Array): void {
    // A reply that is lost with the connection: the caller finds its host lost.
    if (!this.#host.connection.isClosed()) {
      this.#host.connection.publish(reply, bytes);
    }
  }
}

/** Options of a call on a worker, with those that are given. */
function callOptions(options: {
  readonly priority: ClusterPriority;
  readonly signal: AbortSignal;
  readonly timeoutMs: number | undefined;
}): { readonly priority: ClusterPriority } {
  return { priority: options.priority };
}

/** @throws {ClusterVersionError} If the caller expects other tasks. */
export function checkVersion(
  { text }: Frame,
  version: string,
  host: string,
): void {
  if (text === "" || text === version) return;
  throw new ClusterVersionError(
    `Cannot run call: the caller expects tasks of version ${text}, host ${host} has ` +
      `version ${version}; run the same version of the tasks on both, or in another group`,
  );
}
