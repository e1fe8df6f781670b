/**
 * The calls of a runtime that may run on the thread of their caller.
 *
 * @module
 */

import { type AdaptiveHint, adaptiveSettings } from "./adaptive/settings.ts";
import { AdaptiveCalls } from "./adaptive_calls.ts";
import type { Endpoint } from "./calls/endpoint.ts";
import type { Cloned } from "./cloned.ts";
import { shutdownError } from "./lifecycle.ts";
import { RuntimeCalls } from "./runtime_calls.ts";
import type { AdaptiveHost } from "./view_host.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import type { ComputeMap } from "./streams/options.ts";
import type { AnyFunction } from "./tasks/function.ts";
import type { Functions } from "./tasks/functions.ts";
import type { TaskNumbers } from "./tasks/numbers.ts";

/** What a call costs, from {@linkcode AdaptiveRuntime.calibrate}. Times are in microseconds. */
export interface Calibration {
  /** From a call to its result, the median: what adaptive calls expect from now on. */
  readonly sendUs: number;
  /** The same for the 99th of 100 calls. */
  readonly p99Us: number;
}

/** Calls on this thread or on the compute workers, whichever costs less. */
export abstract class AdaptiveRuntime extends RuntimeCalls {
  /**
   * What decides where adaptive calls of this thread run.
   *
   * @internal
   */
  protected readonly adaptive: AdaptiveCalls;
  /** @internal */
  protected override readonly adaptiveHost: AdaptiveHost = {
    tryRun: (fn, args, hint) => this.#tryRun(fn, args, hint),
    sent: (fn, startMs, promise) =>
      this.adaptive.sent(this.#numbers.of(fn), startMs, promise),
  };
  readonly #endpoint: Endpoint;
  readonly #numbers: TaskNumbers;

  /**
   * For {@linkcode LoomRuntime} only.
   *
   * @internal
   */
  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    functions: Functions,
    numbers: TaskNumbers,
  ) {
    super(endpoint, facts, functions, numbers);
    this.#endpoint = endpoint;
    this.#numbers = numbers;
    this.adaptive = new AdaptiveCalls(
      endpoint,
      functions,
      adaptiveSettings(facts.config.adaptive),
      Date.now(),
      () => this.noteSettled(),
    );
  }

  /**
   * Like {@linkcode RuntimeCalls.computeMap}, by calls as {@linkcode AdaptiveRuntime.spawnAdaptive}
   * makes them. Items do not share calls.
   */
  get adaptiveMap(): ComputeMap {
    return this.with({}).adaptiveMap;
  }

  /**
   * Runs `fn` on this thread or on a compute worker, whichever is expected to cost less, and
   * resolves with its result.
   *
   * What a call of each function costs in either way is measured, so a function that takes less
   * time than sending it soon runs here, at once, and one that would hold up this thread does
   * not. It makes no difference to the result: arguments, result and errors are copied in both
   * cases. Only a function that uses nothing but its arguments and common globals such as `Math`
   * may run here, and a module task whose module is imported on this thread; others are sent.
   * {@linkcode LoomRuntime.metrics} shows the decisions.
   *
   * @param fn The function, under the rules of {@linkcode RuntimeCalls.spawnCompute}.
   * @param args The arguments of `fn`.
   * @returns A copy of the result. Rejects like {@linkcode RuntimeCalls.spawnCompute}.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const square = (n: number) => n * n;
   * for (let i = 0; i < 100; i++) await runtime.spawnAdaptive(square, i);
   * const { inline, sent } = runtime.metrics().tasks[0].adaptive!;
   * console.log(inline + sent); // 100
   * ```
   */
  spawnAdaptive<Args extends unknown[], Result>(
    fn: (...args: Args) => Result,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    type Promised = Promise<Cloned<Awaited<Result>>>;
    const ran = this.#tryRun(fn, args, undefined);
    if (typeof ran !== "number") return ran as Promised;
    const promise = this.spawnCompute(fn, ...args);
    return ran === 0
      ? promise
      : this.adaptiveHost.sent(fn, ran, promise) as Promised;
  }

  /**
   * Measures what a call costs, by calls of an empty function, one after the other. Adaptive
   * calls learn that by themselves; this lets the first ones know it. The setting `calibration`
   * does it while the runtime is built.
   *
   * @param options How many calls: first some that do not count, `warmUpCalls`, by default 100;
   *   then `calls`, by default 1000.
   *
   * @example Usage
   * ```ts
   * import { LoomBuilder } from "@loom/runtime";
   *
   * await using runtime = await new LoomBuilder().build();
   * const { sendUs } = await runtime.calibrate();
   * console.log(sendUs > 0); // true
   * ```
   */
  async calibrate(
    options: { readonly warmUpCalls?: number; readonly calls?: number } = {},
  ): Promise<Calibration> {
    const { warmUpCalls = 100, calls = 1000 } = options;
    const times = await this.adaptive.calibrate(
      warmUpCalls,
      Math.max(1, calls),
      () => this.computePool.spawn(doNothing),
    );
    const at = (part: number) => times[Math.floor(part * (times.length - 1))];
    return { sendUs: at(0.5), p99Us: at(0.99) };
  }

  #tryRun(
    fn: AnyFunction,
    args: readonly unknown[],
    hint: AdaptiveHint | undefined,
  ): Promise<unknown> | number {
    try {
      if (this.refuses) throw shutdownError();
      const task = this.#numbers.of(fn, "spawnAdaptive");
      return this.adaptive.tryRun(task, args, hint);
    } catch (error) {
      this.#endpoint.afterFailure();
      return Promise.reject(error);
    }
  }
}

function doNothing(): void {}
