/**
 * Calls that run on the thread of their caller or on a worker, whichever costs less.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import { Normals } from "./adaptive/normals.ts";
import {
  AdaptivePolicy,
  type FunctionDecisions,
  RUN_TIMED,
  SEND,
} from "./adaptive/policy.ts";
import type { AdaptiveHint, AdaptiveSettings } from "./adaptive/settings.ts";
import { Turn } from "./adaptive/turn.ts";
import { COUNT_FAILED } from "./bridge/metrics.ts";
import { addFrames, calledFrom, captureSite } from "./calls/call_sites.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import { sendThrown } from "./calls/send_thrown.ts";
import { TaskTimes } from "./calls/task_times.ts";
import { isThenable } from "./calls/thenable.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { Functions } from "./tasks/functions.ts";
import { functionOnOwnThread } from "./tasks/own_thread.ts";

/** The original: tests may replace the global one. */
const now = performance.now.bind(performance);

/** The adaptive calls of one thread. */
export class AdaptiveCalls {
  readonly #endpoint: Endpoint;
  readonly #functions: Functions;
  readonly #settings: AdaptiveSettings;
  readonly #policy: AdaptivePolicy;
  readonly #times: TaskTimes;
  readonly #turn: Turn;
  readonly #onEnd: () => void;
  /** By task: the function, if it may run here, or null if only workers may run it. */
  readonly #functionOf: (AnyFunction | null | undefined)[] = [];

  /**
   * @param seed Of the random numbers.
   * @param onEnd Called when a call that has run here as an asynchronous one has ended.
   */
  constructor(
    endpoint: Endpoint,
    functions: Functions,
    settings: AdaptiveSettings,
    seed: number,
    onEnd: () => void,
  ) {
    this.#endpoint = endpoint;
    this.#functions = functions;
    this.#settings = settings;
    this.#policy = new AdaptivePolicy(settings, new Normals(seed));
    this.#times = new TaskTimes(endpoint);
    this.#onEnd = onEnd;
    this.#turn = new Turn(now, setImmediate);
  }

  /**
   * Runs a call on this thread if that is expected to cost less.
   *
   * @returns If it is to be sent, the time, or 0 if {@linkcode AdaptiveCalls.sent} need not
   *   follow. The caller sends it: each function in between takes a line of the stack of errors.
   */
  tryRun(
    task: number,
    args: readonly unknown[],
    hint: AdaptiveHint | undefined,
  ): Promise<unknown> | number {
    let fn = this.#functionOf[task];
    if (fn === undefined) fn = this.#find(task);
    if (fn === null) {
      this.#policy.countSent(task);
      return 0;
    }
    const decision = this.#policy.choose(task, this.#pressure, hint);
    if (decision !== SEND) {
      const startMs = decision === RUN_TIMED ? now() : 0;
      const own = areAtoms(args) ? args : this.#tryCopy(args);
      if (own !== undefined) return this.#run(task, fn, own, startMs);
      // What cannot be copied is for the call that is sent to report.
      this.#policy.sentInstead(task);
    }
    return this.#policy.watches(task) ? now() : 0;
  }

  /** Learns what a call costs that was sent. */
  sent(
    task: number,
    startMs: number,
    promise: Promise<unknown>,
  ): Promise<unknown> {
    const inFlight = Math.max(1, this.#inFlight);
    const note = () => {
      const us = (now() - startMs) * 1000;
      this.#policy.sent(task, us, inFlight, this.#times.runUs(task));
    };
    return promise.then((value) => {
      note();
      return value;
    }, (error) => {
      note();
      throw error;
    });
  }

  /** Calls an empty function on the workers, and learns what a call costs. */
  async calibrate(
    warmUpCalls: number,
    calls: number,
    send: () => Promise<unknown>,
  ): Promise<readonly number[]> {
    for (let i = 0; i < warmUpCalls; i++) await send();
    const times: number[] = [];
    for (let i = 0; i < calls; i++) {
      const startMs = now();
      await send();
      times.push((now() - startMs) * 1000);
    }
    times.sort((a, b) => a - b);
    this.#policy.sendUs = times[times.length >> 1];
    return times;
  }

  /** What is known of the functions that this thread has called so. */
  get decisions(): Iterable<FunctionDecisions> {
    return this.#policy.decisions();
  }

  #find(task: number): AnyFunction | null {
    const fn = functionOnOwnThread(this.#functions, task);
    if (fn !== undefined) return this.#functionOf[task] = fn;
    // The module of a task may be imported here later.
    if (this.#functions.isModule(task)) return null;
    return this.#functionOf[task] = null;
  }

  /** Of those that wait for this thread. */
  get #pressure(): number {
    const { inFlightWeight, maxPressure } = this.#settings;
    const { lateMs } = this.#turn;
    const pressure = inFlightWeight * this.#inFlight + lateMs;
    return pressure < maxPressure ? pressure : maxPressure;
  }

  get #inFlight(): number {
    const { compute, taskCount } = this.#endpoint;
    const { inFlight } = compute;
    return inFlight.activeCount + inFlight.waitingCount + taskCount;
  }

  /** Runs a function here, with arguments of its own. */
  #run(
    task: number,
    fn: AnyFunction,
    args: readonly unknown[],
    startMs: number,
  ): Promise<unknown> {
    let result: unknown;
    let hasFailed = false;
    try {
      // A spread takes longer.
      result = args.length === 1 ? fn(args[0]) : fn(...args);
      if (!isAtom(result)) {
        if (typeof result === "object" && isThenable(result)) {
          const ended = this.#await(task, result);
          return this.#endpoint.trackTask(ended, this.#onEnd);
        }
        result = this.#copy(result, "result");
      }
    } catch (error) {
      hasFailed = true;
      result = this.#copyThrown(task, error, captureSite());
    }
    this.#count(task, hasFailed, startMs);
    const { next } = this.#turn;
    if (next !== undefined) {
      return hasFailed
        ? next.then(() => Promise.reject(result))
        : next.then(() => result);
    }
    return hasFailed ? Promise.reject(result) : Promise.resolve(result);
  }

  /** Counts a run as workers do, and learns how long it took. */
  #count(task: number, hasFailed: boolean, startMs: number): void {
    const { counts } = this.#endpoint.metrics;
    if (hasFailed) counts[COUNT_FAILED]++;
    if (startMs === 0) return this.#times.countRun(task, hasFailed);
    const endMs = now();
    const ms = endMs - startMs;
    this.#times.countTimedRun(task, hasFailed, ms);
    this.#policy.ran(task, ms * 1000);
    this.#turn.ran(endMs, ms);
  }

  /** A module task turned out to be asynchronous: from now on, workers run it. */
  async #await(task: number, result: PromiseLike<unknown>): Promise<unknown> {
    this.#functionOf[task] = null;
    const site = captureSite();
    this.#times.countRun(task, false);
    try {
      return this.#copy(await result, "result");
    } catch (error) {
      throw this.#copyThrown(task, error, site);
    }
  }

  /** What a worker would have sent. */
  #copyThrown(task: number, thrown: unknown, site: Error): unknown {
    const copy = sendThrown(
      thrown,
      (error) =>
        this.#copy(
          this.#functions.explain(task, error, "spawnAdaptive"),
          "error",
        ),
    );
    cutStack(copy, site);
    addFrames(copy, calledFrom(site), this.#endpoint.diagnostics);
    return copy;
  }

  #tryCopy(args: readonly unknown[]): readonly unknown[] | undefined {
    try {
      return this.#copy(args, "arguments") as unknown[];
    } catch {
      return undefined;
    }
  }

  #copy(value: unknown, label: string): unknown {
    const { guard, payloads } = this.#endpoint;
    return guard.isInTasks
      ? guard.inLibrary(() => payloads.copy(value, label))
      : payloads.copy(value, label);
  }
}

/**
 * Takes the frames below the function out of the stack of what it threw. A worker has none.
 *
 * @param site Captured by the method that has called the function: see captureSite().
 */
function cutStack(error: unknown, site: Error): void {
  if (!(error instanceof Error)) return;
  const caller = (site.stack ?? "").split("\n").filter(isFrame)[2];
  const lines = (error.stack ?? "").split("\n");
  const end = caller === undefined ? -1 : lines.indexOf(caller);
  if (end < 0) return;
  const stack = lines.slice(0, end).join("\n");
  Object.defineProperty(error, "stack", {
    value: stack,
    configurable: true,
    writable: true,
  });
}

function isFrame(line: string): boolean {
  return /^\s+at /.test(line);
}

/** Whether all values are immutable and may cross threads, so that no copy is needed. */
function areAtoms(values: readonly unknown[]): boolean {
  for (let i = 0; i < values.length; i++) if (!isAtom(values[i])) return false;
  return true;
}

function isAtom(value: unknown): boolean {
  if (typeof value === "object") return value === null;
  return typeof value !== "function" && typeof value !== "symbol";
}
