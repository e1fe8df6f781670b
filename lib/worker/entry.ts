/**
 * The entry point of every worker: pins the thread, attaches to the bridge, reports that it
 * is ready, and serves calls.
 *
 * @module
 */

import process from "node:process";
import { loadClassesWith } from "../payloads/arrival.ts";
import { Endpoint } from "../calls/endpoint.ts";
import { workerCollector } from "../payloads/garbage.ts";
import { MACHINE_CLOCK } from "../limits/clock.ts";
import type { StuckCall } from "../calls/stuck_call.ts";
import { markWorkerThread, setCurrentWorker } from "../current.ts";
import type {
  EndRequest,
  LongRunReport,
  RecycleRequest,
  WorkerPlan,
  WorkerPrepared,
  WorkerReady,
  WorkerRetired,
  WorkerStart,
  WorkerStopped,
  WorkerStopping,
} from "../handshake.ts";
import type { CurrentWorker } from "../handles.ts";
import type { Control } from "../bridge/control.ts";
import { COMPUTE } from "../bridge/layout.ts";
import { Growth } from "./growth.ts";
import { LongRuns } from "../hints/long_runs.ts";
import { serveJobsWith } from "../jobs/serve_job.ts";
import {
  currentThread,
  nameCurrentThread,
  type PinOutcome,
} from "../affinity/pin.ts";
import { pages } from "../placement/memory.ts";
import { ProcessRecord } from "../affinity/process_record.ts";
import { pinThread } from "../affinity/thread_mask.ts";
import { unpinStarts } from "../affinity/unpinned_starts.ts";
import {
  type ReportingArguments,
  serveReportsWith,
} from "../progress/serve_reports.ts";
import { markRunsOn } from "../observers/marked_run.ts";
import {
  serveStreamsWith,
  type StreamArguments,
} from "../streams/serve_stream.ts";
import { Functions } from "../tasks/functions.ts";
import { TaskTable } from "../tasks/task_table.ts";
import { exitOnlyOnce } from "./exit.ts";
import { runSetup, runTeardown } from "./hooks.ts";
import { watchHeapLimit } from "./heap_limit.ts";
import { reportLastError, reportUnheardErrors } from "./last_error.ts";
import { LateLibrary } from "./library.ts";
import { mainThread } from "./main_thread.ts";
import { holdWebLock } from "./web_lock.ts";
import { WorkerLoop } from "./worker_loop.ts";
import { Runner } from "./runner.ts";
import type { WatchRun } from "./task_starter.ts";
import { UncaughtErrors } from "./uncaught.ts";

/** A worker that has run its setup. */
interface Prepared {
  readonly plan: WorkerPlan;
  readonly pin: PinOutcome | null;
  readonly functions: Functions;
  readonly library: LateLibrary;
}

/** Does what needs no thread index, while another worker may still have that. */
async function prepare(plan: WorkerPlan): Promise<Prepared> {
  const pin = pinAsPlanned(plan);
  const library = new LateLibrary();
  const functions = new Functions(new TaskTable(plan.tasks), library);
  setCurrentWorker(describeWorker(plan, pin));
  if (plan.setup !== null) await runSetup(plan.setup, functions);
  mainThread.postMessage({ prepared: true } satisfies WorkerPrepared);
  return { plan, pin, functions, library };
}

function serve(prepared: Prepared, start: WorkerStart): void {
  const { plan, pin, functions, library } = prepared;
  const { memory, thread, pool, facts } = plan;
  const endpoint = new Endpoint(memory, thread, start.serial, start.ports, {
    pump: () => loop.wake(),
    reasonOfEnd: () => undefined,
    endWorker: requestEnd,
    clock: MACHINE_CLOCK,
    // The main thread decides that for the process.
    pages: { ...pages, keepFreed: () => {} },
    collector: workerCollector(),
  });
  const { control, guard } = endpoint;
  control.setThreadId(thread, currentThread());
  exitOnlyOnce(() => control.stopping || guard.isEnding);
  const uncaught = new UncaughtErrors(
    (task) => functions.describe(task),
    reportLastError,
  );
  const runner = runnerOf(plan, endpoint, functions, uncaught);
  const events = {
    stopped: () => reportStop(plan, functions),
    retired: () => {
      uncaught.end();
      endpoint.retire();
      reportRetired(plan, functions);
    },
    failed: (error: unknown) => uncaught.endWith(error),
    urgent: () => library.inheritPriority(),
  };
  const loop = new WorkerLoop(
    endpoint,
    runner,
    pool,
    memory.workers[pool].length,
    plan.spinUs,
    events,
    new Growth(facts.config, requestRecycling),
  );
  markWorkerThread();
  const { results } = runner;
  library.serve({ endpoint, facts, functions, results });
  serveJobsWith((request) => library.help(request));
  serveReportsWith((...request) => serveReports(endpoint, functions, request));
  serveStreamsWith((...request) => serveStream(endpoint, functions, request));
  markRunsOn(facts.threads[thread].name);
  loadClassesWith(() => results.holdUp(loadSync(control, library)));
  endAtExit(loop, uncaught, library, endpoint);
  mainThread.postMessage({ pin } satisfies WorkerReady);
  listenForErrors(plan, uncaught);
  // Not while this module is evaluated: on Deno 2.9, a worker that exits during that keeps
  // about 1.6 MiB of its modules until the process ends.
  setImmediate(() => {
    if (pin !== null) unpinStarts(facts.processCpus);
    loop.start();
  });
}

/** How many calls of the main thread this worker may run at once. */
function callLimit({ pool, facts }: WorkerPlan): number | undefined {
  return pool === COMPUTE ? facts.config.callsPerWorker : undefined;
}

/** Only when the start is over: an error during it must end the worker. */
function listenForErrors({ facts }: WorkerPlan, uncaught: UncaughtErrors) {
  uncaught.listen();
  reportUnheardErrors();
  if (facts.config.workerHeapMb !== undefined) {
    watchHeapLimit((error) => uncaught.endWith(error));
  }
}

function describeWorker(
  { facts, thread, pool }: WorkerPlan,
  pin: PinOutcome | null,
): CurrentWorker {
  const { name, cpu } = facts.threads[thread];
  // The compute workers come first, and the main thread is the first of the others.
  const index = pool === COMPUTE
    ? thread - 1
    : thread - facts.config.computeThreads;
  return Object.freeze({ index, name, cpu: pin?.pinned ? cpu : null });
}

/** The main thread ends another worker. */
function requestEnd(serial: number, call?: StuckCall): void {
  mainThread.postMessage({ endWorker: serial, call } satisfies EndRequest);
}

/** Runs the generators of streams. Workers that do not need it do not load it. */
async function serveStream(
  endpoint: Endpoint,
  functions: Functions,
  request: StreamArguments,
): Promise<void> {
  const { runStream } = await import("../streams/stream_worker.ts");
  await runStream(endpoint, functions, request);
}

/** Runs a function whose caller listens to its reports. */
async function serveReports(
  endpoint: Endpoint,
  functions: Functions,
  request: ReportingArguments,
): Promise<unknown> {
  const { runReportingTask } = await import("../progress/reporting_worker.ts");
  return await runReportingTask(endpoint, functions, request);
}

/** The main thread replaces this worker. */
function requestRecycling(): void {
  mainThread.postMessage({ recycle: true } satisfies RecycleRequest);
}

/** Pins and names this thread; null if it is not to be pinned. */
function pinAsPlanned(
  { facts, thread, cpuRecord }: WorkerPlan,
): PinOutcome | null {
  const { cpu, kernelName } = facts.threads[thread];
  if (cpu === null) {
    nameCurrentThread(kernelName);
    return null;
  }
  const record = cpuRecord === null ? undefined : new ProcessRecord(cpuRecord);
  return pinThread(cpu, kernelName, record);
}

/**
 * The main thread ends this worker, with the timers and handles that tasks left open. Not
 * `process.exit()`: see {@linkcode exitOnlyOnce}.
 */
async function reportStop(
  { teardown }: WorkerPlan,
  functions: Functions,
): Promise<void> {
  if (teardown !== null) {
    mainThread.postMessage({ stopping: true } satisfies WorkerStopping);
    await runTeardown(teardown, functions);
  }
  process.emit("exit", 0);
  mainThread.postMessage({ stopped: true } satisfies WorkerStopped);
}

/** This worker takes no step on the bridge any more: its successor may begin. */
function reportRetired(plan: WorkerPlan, functions: Functions): void {
  mainThread.postMessage({ retired: true } satisfies WorkerRetired);
  reportStop(plan, functions);
}

/** What others must see when this worker ends, however it ends by itself. */
function endAtExit(
  loop: WorkerLoop,
  uncaught: UncaughtErrors,
  library: LateLibrary,
  endpoint: Endpoint,
): void {
  process.on("exit", () => {
    loop.stop();
    uncaught.end();
    // A task may end this worker while a caller blocks for its part of a parallel loop.
    library.markLost();
    // It may hold locks.
    endpoint.waits?.end();
    // Deno frees a SharedArrayBuffer in a message that the worker has not read only if the
    // worker closes the port before it ends.
    endpoint.close();
  });
}

/** Loads the classes of shared objects, then has the call read that waits for them. */
async function loadSync(
  control: Control,
  library: LateLibrary,
): Promise<void> {
  try {
    // The objects find what they need in the current runtime.
    await Promise.all([library.load(), import("../sync/mod.ts")]);
  } finally {
    control.announce();
  }
}

function runnerOf(
  plan: WorkerPlan,
  endpoint: Endpoint,
  functions: Functions,
  uncaught: UncaughtErrors,
): Runner {
  const [limit, watch] = [callLimit(plan), watchRuns(plan)];
  return new Runner(endpoint, functions, uncaught, limit, watch);
}

/** Reports functions that keep an event loop busy; undefined if nothing is to be watched. */
function watchRuns({ pool, facts }: WorkerPlan): WatchRun | undefined {
  if (pool === COMPUTE || !facts.config.hints) return undefined;
  const runs = new LongRuns<number>();
  return (task, ms) => {
    const count = runs.note(() => task, ms);
    if (count === undefined) return;
    const longRun = { task, ms, count };
    mainThread.postMessage({ longRun } satisfies LongRunReport);
  };
}

holdWebLock();
let preparing: Promise<Prepared> | undefined;
// Before anything is awaited: Bun drops messages for which there is no listener then.
mainThread.onMessages(
  (plan) => {
    preparing = prepare(plan as WorkerPlan);
    preparing.catch(fail);
  },
  async (start) => {
    const prepared = await preparing!;
    try {
      serve(prepared, start as WorkerStart);
    } catch (error) {
      fail(error);
    }
  },
);
// The thread may be started before its runtime is planned. Meanwhile it opens libc.
currentThread();

/** Ends this worker before it is ready. */
function fail(error: unknown): never {
  reportLastError(error);
  throw error;
}
