/**
 * The calls that a host has taken.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import { clearInterval, setInterval } from "node:timers";
import type { CallOptions } from "../call_options.ts";
import { ClusterVersionError } from "../errors.ts";
import type { Observed } from "../observers/observed.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { AnyFunction } from "../tasks/function.ts";
import type { NatsConnection } from "./connection.ts";
import type { ServiceMsg, TaskCounts } from "./discovery.ts";
import {
  CANCELLABLE,
  type Frame,
  KIND,
  LISTENING,
  QUEUE_LIMITED,
  readFrame,
  writeFrame,
} from "./frame.ts";
import { beginServing } from "./observed_calls.ts";
import { Outbox } from "./outbox.ts";
import { isStored, type Payloads } from "./payloads.ts";
import { WORKING_MS } from "./replies.ts";
import { ReportSender } from "./report_sender.ts";
import { type ClusterPriority, priorityIn } from "./subjects.ts";

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

/** How much later than a host its callers may be back that have lost the same server. */
const CALLER_BACK_MS = 2_000;

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

/** A call that a host has taken. */
interface TakenCall {
  readonly reply: string;
  readonly task: AnyFunction;
  readonly counter: TaskCounter;
  readonly priority: ClusterPriority;
  /** Ends it, if its caller may end it. */
  readonly controller: AbortController | undefined;
  /** Sends its reports, if its caller listens. */
  readonly reports: ReportSender | undefined;
  /** What watches it. */
  readonly observed: Observed | undefined;
  /** When it arrived. */
  readonly started: number;
}

/** Runs calls and answers them. */
export class HostCalls {
  readonly #host: CallHost;
  /** Calls by their reply subjects; with a controller, if their callers may end them. */
  readonly #running = new Map<string, AbortController | undefined>();
  #timer: ReturnType<typeof setInterval> | undefined;
  #onIdle: (() => void) | undefined;
  /** Answers that wait for the connection. */
  readonly #outbox: Outbox;
  /** Subject on which this host hears of cancelled calls ends with it. */
  id = "";

  constructor(host: CallHost) {
    this.#host = host;
    this.#outbox = new Outbox(host.connection, CALLER_BACK_MS);
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
    const { name, maxCalls, version, runtime } = this.#host;
    if (!reply) return;
    let frame: Frame;
    try {
      frame = readFrame(message.data, name);
      checkVersion(frame, version, name);
    } catch (error) {
      this.#send(reply, this.#written(error));
      return;
    }
    if (this.#running.size >= maxCalls) {
      this.#send(
        reply,
        writeFrame({ kind: KIND.BUSY, number: maxCalls, text: name }),
      );
      return;
    }
    const controller = frame.flags & CANCELLABLE
      ? new AbortController()
      : undefined;
    const priority = priorityIn(message.subject);
    // Without spreads, which would cost as much as the decoding.
    const call: TakenCall = {
      reply,
      task,
      counter,
      controller,
      reports: frame.flags & LISTENING
        ? new ReportSender((report) => this.#send(reply, report))
        : undefined,
      observed: beginServing(message, task, priority, runtime),
      priority,
      started: performance.now(),
    };
    this.#running.set(reply, controller);
    this.#timer ??= setInterval(() => this.#sayWorking(), WORKING_MS).unref();
    if (controller !== undefined) this.#sayWorkingOn(reply);
    // Most are small, and not worth a turn of the event loop.
    if (!isStored(frame)) return this.#run(call, frame);
    this.#fetch(frame).then(
      (whole) => this.#run(call, whole),
      (problem) => this.#fail(call, problem),
    );
  }

  /** Ends a call whose caller no longer waits. */
  cancel(data: Uint8Array): void {
    try {
      this.#running.get(readFrame(data).text)?.abort();
    } catch {
      // Of another version, or not one of the library's: there is nobody to tell.
    }
  }

  async #fetch(frame: Frame): Promise<Frame> {
    const { payloads } = this.#host;
    const whole = await payloads.fetch(frame);
    await payloads.release(frame);
    return whole;
  }

  #run(call: TakenCall, frame: Frame): void {
    const { payloads, runtime } = this.#host;
    try {
      const args = payloads.readArguments(frame);
      const calls = isPlain(call, frame)
        ? runtime
        : runtime.with(this.#options(call, frame, args));
      const spawn = () => calls.spawnCompute(call.task, ...args);
      const { observed } = call;
      const result = observed === undefined ? spawn() : observed.runHere(spawn);
      result.then(
        (result) => this.#succeed(call, result),
        (error) => this.#fail(call, error),
      );
    } catch (error) {
      this.#fail(call, error);
    }
  }

  /** Options of a call on a worker. Takes the last argument if it is one of them. */
  #options(
    { priority, controller, reports }: TakenCall,
    { flags, number }: Frame,
    args: unknown[],
  ): CallOptions {
    const { payloads, name } = this.#host;
    const head = { kind: KIND.REPORT, text: name };
    return {
      priority,
      ...controller === undefined ? {} : { signal: controller.signal },
      ...number > 0 ? { timeoutMs: number } : {},
      ...flags & QUEUE_LIMITED ? { queueTimeoutMs: args.pop() as number } : {},
      ...reports === undefined ? {} : {
        onProgress: (value) => {
          reports.report(payloads.writeReport(head, value));
        },
      },
    };
  }

  #succeed(call: TakenCall, result: unknown): void {
    const { payloads, name } = this.#host;
    try {
      const head = { kind: KIND.RESULT, text: name };
      this.#answer(call, payloads.writeValue(head, result, "result"));
      call.observed?.end({ outcome: "ok" });
    } catch (error) {
      this.#fail(call, error);
    }
  }

  #fail(call: TakenCall, error: unknown): void {
    const { payloads, name } = this.#host;
    const head = { kind: KIND.ERROR, text: name };
    call.observed?.fail(error, call.controller?.signal);
    this.#answer(call, payloads.writeThrown(head, error));
  }

  #answer(call: TakenCall, bytes: Uint8Array | Promise<Uint8Array>): void {
    if (bytes instanceof Uint8Array) return this.#end(call, bytes);
    bytes.then(
      (bytes) => this.#end(call, bytes),
      // The store of large payloads failed; the error is small.
      (problem) => this.#end(call, this.#written(problem)),
    );
  }

  #end(call: TakenCall, bytes: Uint8Array): void {
    const { reply, counter, controller, started } = call;
    counter.count(performance.now() - started, bytes[1] === KIND.ERROR);
    if (controller?.signal.aborted) {
      // Nobody will read it.
      this.#host.payloads.release(readFrame(bytes)).catch(() => {});
    } else {
      call.reports?.flush();
      this.#outbox.post(() => this.#send(reply, bytes));
    }
    this.#running.delete(reply);
    if (this.#running.size === 0) this.#onIdle?.();
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

  #sayWorking(): void {
    if (this.#running.size === 0) {
      clearInterval(this.#timer);
      this.#timer = undefined;
    }
    for (const reply of this.#running.keys()) this.#sayWorkingOn(reply);
  }

  #sayWorkingOn(reply: string): void {
    this.#send(reply, writeFrame({ kind: KIND.WORKING, text: this.id }));
  }

  #send(reply: string, bytes: Uint8Array): void {
    // What is lost with the connection: the caller finds its host lost.
    if (!this.#host.connection.isClosed()) {
      this.#host.connection.publish(reply, bytes);
    }
  }
}

/** Whether a call needs no options, as most. */
function isPlain({ priority, controller }: TakenCall, frame: Frame): boolean {
  return priority === "normal" && controller === undefined &&
    frame.flags === 0 && frame.number === 0;
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
