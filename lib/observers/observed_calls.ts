/**
 * The calls of one runtime on this thread, as observers see them.
 *
 * @module
 */

import process from "node:process";
import type { Caller } from "../calls/caller.ts";
import type { Controls } from "../calls/controls.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import type { CallRun, Wrapper } from "../calls/wrappers.ts";
import { type CallTerms, makeCall } from "../control/make_call.ts";
import type { LoopPlan } from "../jobs/loop.ts";
import type { Priority } from "../limits/priority.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { mayFindContext } from "../tasks/left_work.ts";
import type { TaskNumbers } from "../tasks/numbers.ts";
import { taskName } from "../tasks/task_name.ts";
import type { TaskTable } from "../tasks/task_table.ts";
import { Observed } from "./observed.ts";
import { ObservedIteration } from "./observed_iteration.ts";
import {
  type Observation,
  observersOfThread,
  type Operation,
  type Run,
} from "./observers.ts";

/** What is known of a task. */
interface KnownTask {
  readonly task: string;
  readonly file: string | undefined;
  readonly mayFindContext: boolean;
}

/** Makes a call, as {@linkcode makeCall} does. */
type Submit = typeof makeCall;

/** The name of a function that has none, where its source is not sent. */
const NAMELESS = "(anonymous)";

/** Makes calls that are observed. */
export class ObservedCalls {
  readonly #endpoint: Endpoint;
  readonly #facts: RuntimeFacts;
  readonly #numbers: TaskNumbers;
  readonly #table: TaskTable;
  readonly #known = new Map<number, KnownTask>();

  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    numbers: TaskNumbers,
    table: TaskTable,
  ) {
    this.#endpoint = endpoint;
    this.#facts = facts;
    this.#numbers = numbers;
    this.#table = table;
  }

  /**
   * Tells the observers of this thread of a call or an operation that begins.
   *
   * @param task Number of its task, or a name.
   * @returns Undefined if none of them watches it.
   */
  begin(
    operation: Operation,
    task: number | string,
    priority: Priority = "normal",
  ): Observed | undefined {
    const { mayFindContext, ...known } = typeof task === "string"
      ? { task, file: undefined, mayFindContext: true }
      : this.#knownOf(task);
    const runtime = this.#facts.config.prefix;
    const beginning = { operation, ...known, runtime, priority };
    const observations: Observation[] = [];
    const wrappers: Wrapper[] = [];
    for (const observer of observersOfThread()) {
      const observation = observer.begin(beginning);
      if (observation === undefined) continue;
      const { wrapper, ignoresEnd } = observation;
      if (wrapper !== undefined && (mayFindContext || !wrapper.isContext)) {
        wrappers.push([this.#numbers.of(wrapper.task), wrapper.value]);
      } else if (ignoresEnd) continue;
      observations.push(observation);
    }
    if (observations.length === 0) return undefined;
    return new Observed(observations, wrappers);
  }

  /**
   * Makes a call.
   *
   * @param submit Makes it, if not as usual.
   * @throws What {@linkcode Caller.submit} throws.
   */
  make(
    caller: Caller,
    task: number,
    args: readonly unknown[],
    terms: CallTerms,
    submit: Submit = makeCall,
  ): Promise<unknown> {
    const operation = caller === this.#endpoint.compute ? "compute" : "async";
    const observed = this.begin(operation, task, terms.priority);
    if (observed === undefined) return submit(caller, task, args, terms);
    const { controls } = caller;
    const watch = controls.watch();
    const madeMs = controls.now();
    const signal = terms.limits?.signal;
    let promise: Promise<unknown>;
    try {
      const wrapped = [...args, observed.wrappers];
      promise = submit(caller, task, wrapped, { ...terms, watch });
    } catch (error) {
      observed.fail(error);
      throw error;
    }
    const ending = () => ({ run: this.#runOf(watch.run, madeMs, controls) });
    return observed.endWith(promise, ending, signal);
  }

  /** Begins a call of a function that another one runs for it. */
  beginCall(fn: AnyFunction, priority: Priority): Observed | undefined {
    return this.begin("compute", this.#tryNumberOf(fn), priority);
  }

  /** Runs a call that needs no worker. */
  here(
    fn: AnyFunction,
    args: unknown[],
    run: (fn: () => unknown) => Promise<unknown>,
    signal?: AbortSignal,
  ): Promise<unknown> {
    const call = () => fn(...args);
    const observed = this.begin("async", fn.name || NAMELESS);
    if (observed === undefined) return run(call);
    const promise = run(() => observed.runHere(call));
    return observed.endWith(promise, () => ({}), signal);
  }

  /** An iteration over what calls of a function return. */
  iteration(
    operation: "computeMap" | "computeStream",
    fn: AnyFunction,
    signal: AbortSignal | undefined,
  ): ObservedIteration {
    const begin = () => this.begin(operation, this.#tryNumberOf(fn));
    return new ObservedIteration(begin, signal);
  }

  /** Runs a parallel operation, on this thread and on workers. */
  loop<T>(plans: readonly LoopPlan[], run: () => T): T {
    const functions = plans.flatMap(({ functions }) => functions);
    const name = functions.find(({ name }) => name !== "")?.name;
    const items = plans[0]?.length ?? 0;
    const observed = this.begin("parallel", name ?? NAMELESS);
    if (observed === undefined) return run();
    let result: T;
    try {
      result = observed.runHere(run);
    } catch (error) {
      observed.fail(error, undefined, { items });
      throw error;
    }
    if (result instanceof Promise) {
      return observed.endWith(result, () => ({ items })) as T;
    }
    observed.end({ outcome: "ok", items });
    return result;
  }

  #tryNumberOf(fn: AnyFunction): number | string {
    try {
      return this.#numbers.of(fn);
    } catch {
      // The call reports why it cannot be sent.
      return NAMELESS;
    }
  }

  #runOf(
    run: CallRun | undefined,
    madeMs: number,
    controls: Controls,
  ): Run | undefined {
    if (run === undefined) return undefined;
    const { thread, startMs, ms } = run;
    return {
      thread: this.#facts.threads[thread].name,
      threadId: this.#endpoint.control.threadId(thread),
      startMs: startMs - controls.clockOffsetMs,
      ms,
      // The clocks of two threads may differ by a fraction of a microsecond.
      queueMs: Math.max(0, startMs - madeMs),
    };
  }

  #knownOf(number: number): KnownTask {
    let known = this.#known.get(number);
    if (known === undefined) {
      const record = this.#table.read(number);
      known = {
        task: taskName(record),
        file: record.kind === "module" ? fileOf(record.url) : undefined,
        mayFindContext: mayFindContext(record),
      };
      this.#known.set(number, known);
    }
    return known;
  }
}

function fileOf(url: string): string {
  if (!url.startsWith("file:")) return url;
  return process.getBuiltinModule("node:url").fileURLToPath(url);
}
