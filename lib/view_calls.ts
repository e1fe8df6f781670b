/**
 * The calls of a view.
 *
 * @module
 */

import { callFrom } from "./calls/call_sites.ts";
import type { Caller } from "./calls/caller.ts";
import { PLAIN_MODE } from "./calls/items.ts";
import { checkKey, type Key } from "./calls/key.ts";
import {
  type Place,
  placeOf,
  placeOfKey,
  type Priority,
} from "./calls/plan.ts";
import { NO_WATCH, type Wrapper } from "./calls/wrappers.ts";
import { type CallOptions, checkChoices } from "./call_options.ts";
import { ControlledCall } from "./control/controlled_call.ts";
import {
  type CallTerms,
  makeCall,
  type SimpleTerms,
} from "./control/make_call.ts";
import { type CallLimits, limitsOf, unlimited } from "./limits/call_limits.ts";
import { runningCall } from "./limits/running_call.ts";
import type { ObservedIteration } from "./observers/observed_iteration.ts";
import { ALONE } from "./streams/item_calls.ts";
import { Mapping } from "./streams/mapping.ts";
import type { AnyMapOptions } from "./streams/options.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { ViewHost } from "./view_host.ts";

/** Makes calls with options. */
export class ViewCalls {
  /** What ends them; undefined if nothing does. */
  readonly limits: CallLimits | undefined;
  readonly #host: ViewHost;
  readonly #options: CallOptions;
  /** The terms of calls that inherit no priority. */
  readonly #terms: CallTerms;

  /** @throws What {@linkcode LoomRuntime.with} throws. */
  constructor(host: ViewHost, options: CallOptions) {
    checkChoices(options);
    this.#host = host;
    this.#options = options;
    const limits = limitsOf(options, host.graceMs, host.deadlines);
    this.limits = limits;
    const { key, priority = "normal" } = options;
    const place = key === undefined ? placeOf(priority) : this.#placeOf(key);
    this.#terms = { place, priority, limits };
  }

  /**
   * Makes a call if the queue has room for it, or the options say that it may wait.
   *
   * @param wrappers Of the operation that the call belongs to, if that is observed in its place.
   */
  callIfAccepted<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
    wrappers?: readonly Wrapper[],
  ): Promise<Result> {
    return this.call(
      caller,
      fn,
      args,
      this.termsNow(),
      this.#options.queue !== "wait",
      wrappers,
    );
  }

  /**
   * Makes a call.
   *
   * @param checksQueue Whether it is refused while too many wait.
   * @param wrappers See {@linkcode ViewCalls.callIfAccepted}.
   */
  call<Result>(
    caller: Caller,
    fn: AnyFunction,
    args: readonly unknown[],
    terms: CallTerms,
    checksQueue = false,
    wrappers?: readonly Wrapper[],
  ): Promise<Result> {
    const { limits } = terms;
    if (limits !== undefined && limits.group?.isAborted) {
      return Promise.reject(limits.signal!.reason);
    }
    const host = this.#host;
    try {
      const task = host.taskOf(fn);
      if (checksQueue) host.checkQueue(caller);
      return this.#make(caller, task, args, terms, wrappers) as Promise<Result>;
    } catch (error) {
      host.endpoint.afterFailure();
      return Promise.reject(error);
    }
  }

  #make(
    caller: Caller,
    task: number,
    args: readonly unknown[],
    terms: CallTerms,
    wrappers: readonly Wrapper[] | undefined,
  ): Promise<unknown> {
    if (wrappers?.length === 0) return makeCall(caller, task, args, terms);
    if (wrappers !== undefined) {
      const wrapped = { ...terms, watch: NO_WATCH };
      return makeCall(caller, task, [...args, wrappers], wrapped);
    }
    const observed = this.#host.observers.current;
    return observed === undefined
      ? makeCall(caller, task, args, terms)
      : observed.make(caller, task, args, terms);
  }

  /** The terms of a call that the present code makes. */
  termsNow(): CallTerms {
    const terms = this.#terms;
    if (!this.#host.inherits || this.#options.priority !== undefined) {
      return terms;
    }
    const { priority = "normal" } = runningCall() ?? {};
    return priority === "normal" ? terms : this.#withPriority(priority, terms);
  }

  #withPriority(priority: Priority, { place, limits }: CallTerms): CallTerms {
    const hasKey = this.#options.key !== undefined;
    return { place: hasKey ? place : placeOf(priority), priority, limits };
  }

  #placeOf(key: Key): Place {
    checkKey(key);
    return placeOfKey(key, this.#host.compute.targets);
  }

  /**
   * The calls of a mapping.
   *
   * @param site Where the mapping was created: its calls are made elsewhere.
   * @param isAdaptive Whether the calling thread may run them.
   */
  mapping(
    fn: AnyFunction,
    options: AnyMapOptions,
    site: Error,
    observed: ObservedIteration | undefined,
    isAdaptive = false,
  ): Mapping<unknown, unknown> {
    const host = this.#host;
    // A consumer that only leaves the mapping does not cost a worker.
    const graceMs = options.signal === undefined ? Infinity : host.graceMs;
    const limits = this.limits ??
      unlimited(this.#options.graceMs ?? graceMs);
    const { compute, items } = host;
    return new Mapping(
      {
        workers: host.workers,
        // Calls with a key have a worker each.
        useOf: (fn) =>
          this.#options.key === undefined && !isAdaptive
            ? items.useOf(fn)
            : ALONE,
        rest: () => host.endpoint.rest(),
        hurry: () => host.endpoint.hurry(),
        one: (fn, args, limits, key) => {
          const ran = isAdaptive && key === undefined
            ? host.adaptive.tryRun(fn, args, this.#options.hint)
            : 0;
          if (typeof ran !== "number") return ran;
          const { priority, place } = this.#termsOf(key);
          const terms = { priority, place, limits };
          const wrappers = observed?.wrappers;
          const sent = callFrom(
            site,
            () => this.call(compute, fn, args, terms, false, wrappers),
          );
          return ran === 0 ? sent : host.adaptive.sent(fn, ran, sent);
        },
        several: (fn, values, mode, limits) => {
          if (host.isClosing) return undefined;
          const wrappers = observed?.wrappers;
          if (wrappers !== undefined && wrappers.length > 0) {
            mode = { ...mode ?? PLAIN_MODE, wrappers };
          }
          if (limits === undefined) {
            return callFrom(site, () => items.spawnPlain(fn, values, mode));
          }
          const { place, priority } = this.termsNow();
          const { controls } = compute;
          const call = new ControlledCall(controls, limits, place, priority);
          return callFrom(site, () => items.spawn(fn, values, mode, call));
        },
      },
      fn,
      limits,
      options,
    );
  }

  #termsOf(key: Key | undefined): SimpleTerms {
    const terms = this.termsNow();
    if (key === undefined) return terms;
    return { place: this.#placeOf(key), priority: terms.priority };
  }
}
