/**
 * A worker that shares the thread of its caller.
 *
 * @module
 */

import { ASYNC, COMPUTE, type PoolKind } from "../../bridge/layout.ts";
import type { BridgeMemory } from "../../bridge/memory.ts";
import { NO_PAGES } from "../../bridge/pages.ts";
import { NOTHING } from "../../bridge/ring.ts";
import { submittedTask } from "../../bridge/slot_state.ts";
import { Endpoint } from "../../calls/endpoint.ts";
import type { EndpointHost } from "../../calls/endpoint_host.ts";
import { EventLoopParking } from "../../calls/event_loop_parking.ts";
import { NO_GARBAGE } from "../../payloads/garbage.ts";
import { setWorkerOf } from "../../current.ts";
import { Helper } from "../../jobs/helper.ts";
import type { Lifecycle } from "../../lifecycle.ts";
import { LoomRuntime } from "../../runtime.ts";
import { runInstalled } from "../../runtime_context.ts";
import type { RuntimeFacts } from "../../runtime_facts.ts";
import { functionName } from "../../tasks/task_name.ts";
import type { TaskTable } from "../../tasks/task_table.ts";
import { OpenRings } from "../../worker/open_rings.ts";
import { Runner } from "../../worker/runner.ts";
import { sourcesInOrder } from "../../worker/sources.ts";
import { slotOf } from "../../worker/slots.ts";
import { WorkerState } from "../../worker/worker_state.ts";
import { InlineErrors, InlineFunctions } from "./functions.ts";
import type { InlineThread, Scheduler, Step } from "./scheduler.ts";
import type { Timers } from "./timers.ts";
import { inlineGlobals } from "./task_globals.ts";
import { virtualGlobals } from "./virtual_globals.ts";

/** What all threads of an inline runtime share. */
export interface InlineParts {
  readonly memory: BridgeMemory;
  readonly facts: RuntimeFacts;
  readonly tasks: TaskTable;
  readonly timers: Timers;
  readonly scheduler: Scheduler;
  /** The date at which the time of the clock is 0, in milliseconds. */
  readonly epochMs: number;
}

/** Which worker this is, and how it is connected. */
export interface InlineStart {
  readonly thread: number;
  readonly serial: number;
  readonly ports: ConstructorParameters<typeof Endpoint>[3];
  /** See {@linkcode EndpointHost.endWorker}. */
  readonly endWorker: EndpointHost["endWorker"];
  /** A task has ended the worker. */
  readonly exited: (serial: number, code: number) => void;
  readonly lifecycle: Lifecycle;
}

/** The workers, by their runtimes, which are the current ones in their tasks. */
const workers = new WeakMap<object, InlineWorker>();

/** The worker whose runtime this is. */
export function inlineWorkerOf(runtime: LoomRuntime): InlineWorker | undefined {
  return workers.get(runtime);
}

/** Takes calls and runs them as a worker does, one step at a time. */
export class InlineWorker implements InlineThread {
  readonly endpoint: Endpoint;
  readonly functions: InlineFunctions;
  readonly helper: Helper;
  readonly #runtime: LoomRuntime;
  readonly #errors: InlineErrors;
  readonly #runner: Runner;
  readonly #open: OpenRings;
  readonly #state: WorkerState;
  readonly #parking: EventLoopParking;
  readonly #pool: PoolKind;
  readonly #name: string;
  readonly #scheduler: Scheduler;
  readonly #start: InlineStart;
  /** Runs the call that it has taken. */
  #taken: Step | undefined;
  #takenCount = 0;
  /** The code that a task has ended it with. */
  #exitCode: number | undefined;
  #news = -1;

  constructor(parts: InlineParts, start: InlineStart) {
    const { facts, memory, tasks, scheduler } = parts;
    const { thread } = start;
    const { computeThreads, callsPerWorker } = facts.config;
    const isCompute = thread <= computeThreads;
    this.#pool = isCompute ? COMPUTE : ASYNC;
    this.#name = facts.threads[thread].name;
    this.#scheduler = scheduler;
    this.#start = start;
    const endpoint = this.endpoint = new Endpoint(
      memory,
      thread,
      start.serial,
      start.ports,
      inlineHost(parts, start.endWorker),
    );
    const run = (callback: () => void) => this.#catch(callback);
    this.functions = new InlineFunctions(tasks, {
      ...virtualGlobals(parts.timers, parts.epochMs, run),
      ...inlineGlobals((code) => this.#exit(code)),
    }, (loading) => scheduler.hold(loading));
    this.#errors = new InlineErrors(this.functions, () => this.#runtime);
    const limit = isCompute ? callsPerWorker : undefined;
    this.#runner = new Runner(endpoint, this.functions, this.#errors, limit);
    this.#runner.watchFewer(() => scheduler.wake());
    this.#runtime = new LoomRuntime(
      endpoint,
      facts,
      start.lifecycle,
      this.functions,
    );
    workers.set(this.#runtime, this);
    const index = isCompute ? thread - 1 : thread - computeThreads;
    setWorkerOf(this.#runtime, { index, name: this.#name, cpu: null });
    const { compiler } = this.#runtime.team;
    this.helper = new Helper(endpoint, compiler, computeThreads);
    const { control } = endpoint;
    const count = memory.workers[this.#pool].length;
    this.#state = new WorkerState(control.idle(this.#pool, count), thread);
    this.#state.resume();
    this.#open = new OpenRings(() => this.#runtime.inheritPriority());
    this.#parking = new EventLoopParking(
      control.parkers[thread],
      () => scheduler.wake(),
    );
    endpoint.loop.activate();
  }

  /** See {@linkcode InlineThread}. */
  wake(): void {
    const { endpoint } = this;
    if (this.#exitCode !== undefined) {
      return this.#start.exited(endpoint.serial, this.#exitCode);
    }
    endpoint.disarm();
    endpoint.loop.activate();
    if (endpoint.control.news !== this.#news) this.#inContext(this.#readNews);
    endpoint.endTrackedWork();
    const { results } = this.#runner;
    if (results.areWaiting) results.trySendWaiting();
    this.#updateFull();
    if (this.#taken !== undefined) return;
    // Another thread may have chosen it for a call that a third one has taken.
    this.#state.wakeUp();
    this.#state.fallAsleep();
  }

  /** See {@linkcode InlineThread}. */
  steps(): Step[] {
    const steps: Step[] = [];
    if (this.endpoint.hasCompletions) {
      steps.push(() => this.#inContext(this.#drain));
    }
    if (this.#taken !== undefined) {
      steps.push(() => this.#inContext(this.#run));
    } else if (!this.#runner.results.areWaiting && this.#open.hasCalls()) {
      steps.push(() => this.#inContext(this.#take));
    }
    return steps;
  }

  /** See {@linkcode InlineThread}: a call of its own that finds no slot. */
  lastResort(): string | undefined {
    const run = () => this.#runner.runWaiting();
    return this.#inContext(run)
      ? `${this.#name} runs a call of its own`
      : undefined;
  }

  /** See {@linkcode InlineThread}. */
  sleep(): boolean {
    if (!this.endpoint.tryArm() || !this.#parking.tryPark()) return false;
    this.endpoint.loop.fallAsleep();
    return true;
  }

  /** It does nothing any more; what its tasks go on to do has no effect. */
  end(): void {
    this.#errors.end();
    this.helper.markLost();
    this.endpoint.waits?.end();
    this.endpoint.retire();
  }

  readonly #readNews = (): void => {
    const { endpoint } = this;
    this.#news = endpoint.control.news;
    this.#open.replace(sourcesInOrder(endpoint, this.#pool));
    const count = endpoint.drain();
    if (count !== 0) this.#scheduler.note(`${this.#name} settles ${count}`);
    if (this.#runner.hasDeferred) this.#runner.runDeferred();
    if (this.#runner.watchesSignals) this.#runner.abortCancelled();
  };

  readonly #drain = (): string => {
    return `${this.#name} settles ${this.endpoint.drain()}`;
  };

  /** Takes a call. Others may take steps before it runs: calls end in no fixed order. */
  readonly #take = (): string => {
    const { rings, sources } = this.#open;
    this.#state.wakeUp();
    this.#state.endSearch(() => {});
    const first = this.#open.firstIndex(this.#takenCount++);
    for (let i = 0; i < rings.length; i++) {
      const index = (first + i) % rings.length;
      const stamp = rings[index].tryTake();
      if (stamp === NOTHING) continue;
      const { lane, priority } = sources[index];
      // The call is lost if this worker is replaced before it runs.
      lane.markRunning(slotOf(lane, stamp), this.endpoint.serial);
      const task = submittedTask(lane.taken.meta);
      // Not the source: compilers write it differently for each runtime.
      const record = this.functions.table.read(task);
      const name = record.kind === "module"
        ? record.name
        : functionName(record.source) ?? `task ${task}`;
      this.#taken = () => {
        this.#runner.run(lane, stamp, priority);
        return `${this.#name} runs ${name}`;
      };
      return `${this.#name} takes ${name}`;
    }
    return `${this.#name} finds nothing`;
  };

  readonly #run = (): string => {
    const run = this.#taken!;
    this.#taken = undefined;
    return run();
  };

  #updateFull(): void {
    const { isFull } = this.#runner;
    if (isFull === this.#open.isFull) return;
    this.#state.setFull(isFull);
    this.#open.setFull(isFull);
  }

  /** Its library code must find this worker, too: it reads shared objects in arguments. */
  #inContext<T>(fn: () => T): T {
    return runInstalled(this.#runtime, fn);
  }

  /** A task ends this worker: nothing that it ran settles any more. */
  #exit(code: number): void {
    this.#exitCode ??= code;
    this.#errors.end();
    this.#scheduler.wake();
  }

  #catch(callback: () => void): void {
    try {
      callback();
    } catch (error) {
      this.#errors.handle(error);
    }
  }
}

/** What any thread of an inline runtime needs. */
export function inlineHost(
  { timers, scheduler }: InlineParts,
  endWorker: EndpointHost["endWorker"],
  reasonOfEnd: EndpointHost["reasonOfEnd"] = () => undefined,
): EndpointHost {
  return {
    pump: () => scheduler.wake(),
    reasonOfEnd,
    endWorker,
    clock: timers,
    isInline: true,
    pages: NO_PAGES,
    collector: NO_GARBAGE,
  };
}
