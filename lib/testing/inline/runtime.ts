/**
 * A runtime without threads.
 *
 * @module
 */

import { loadConfig } from "../../config/load.ts";
import type { ExplainedSetting } from "../../config/merge.ts";
import type { LoomConfig } from "../../config/schema.ts";
import {
  dropRuntime,
  isLoomWorker,
  setCurrentRuntime,
  tryCurrentRuntime,
} from "../../current.ts";
import { LoomError } from "../../errors.ts";
import { serveJobsWith } from "../../jobs/serve_job.ts";
import type { ShutdownOptions } from "../../lifecycle.ts";
import { TASK_GLOBALS } from "../../parallel/task_globals.ts";
import { threadNames, type ThreadRole } from "../../placement/names.ts";
import { loadReports } from "../../progress/reporting_call.ts";
import { runReportingTask } from "../../progress/reporting_worker.ts";
import { serveReportsWith } from "../../progress/serve_reports.ts";
import { LoomRuntime } from "../../runtime.ts";
import type { RuntimeFacts } from "../../runtime_facts.ts";
import { loadStreams } from "../../streams/open_stream.ts";
import { serveStreamsWith } from "../../streams/serve_stream.ts";
import { runStream } from "../../streams/stream_worker.ts";
import { Functions } from "../../tasks/functions.ts";
import { prepareParser } from "../../tasks/parser.ts";
import { InlinePool } from "./pool.ts";
import { type InlineWorker, inlineWorkerOf } from "./worker.ts";
import { settingsOf, type TestSettings } from "../settings.ts";
import { MachineTimers, Timers } from "./timers.ts";
import { VirtualClock } from "./virtual_clock.ts";

/** Options of {@linkcode inlineRuntime}. */
export interface InlineOptions extends TestSettings {
  /** What the order depends on in which calls run and return, an integer; default 1. */
  readonly seed?: number;
  /**
   * Whether time stands still until {@linkcode VirtualClock.advance} moves it; default
   * `"virtual"`. With `"machine"`, timers fire by themselves, as is needed where a runtime without
   * threads is not for a test, and tasks have the timers and dates of the thread.
   */
  readonly clock?: "virtual" | "machine";
  /** The date that tasks see at first; default the beginning of the year 2000, in UTC. */
  readonly date?: Date;
}

/** The date that tasks see at first. */
const DATE = new Date("2000-01-01T00:00:00Z");

/**
 * A runtime without threads, from {@linkcode inlineRuntime}. It has the whole interface of a
 * {@linkcode LoomRuntime}.
 */
export class InlineRuntime extends LoomRuntime {
  /** The clock that its time limits, and the timers and dates of its tasks, go by. */
  readonly clock: VirtualClock;
  /** What the order of its steps depends on. */
  readonly seed: number;
  readonly #pool: InlinePool;

  /**
   * For {@linkcode inlineRuntime} only.
   *
   * @internal
   */
  constructor(
    facts: RuntimeFacts,
    seed: number,
    timers: Timers,
    date: Date,
  ) {
    const pool: InlinePool = new InlinePool(
      facts,
      seed,
      timers,
      date.getTime(),
      (options: ShutdownOptions) => this.shutdown(options),
    );
    super(
      pool.endpoint,
      facts,
      {
        begin: (options) => {
          pool.close(options, () => this.noteSettled());
          return true;
        },
        end: () => pool.stop(),
        // The workers have nothing of their own that could be replaced.
        recycle: () => pool.scheduler.settled(),
        ended: () => pool.ended,
      },
      new Functions(pool.tasks, { globals: TASK_GLOBALS }),
    );
    this.#pool = pool;
    this.seed = seed;
    this.clock = new VirtualClock(timers, pool.scheduler, date.getTime());
    pool.ended.then(() => {
      this.clock.stop();
      dropRuntime(this);
    });
  }

  /**
   * Resolves when no thread can do anything before the clock moves.
   *
   * @internal
   */
  settled(): Promise<void> {
    return this.#pool.scheduler.settled();
  }

  /**
   * What the threads have done, in order: the time of the clock in milliseconds, the name of the
   * thread, and what it did, such as `0 test-compute-0000 runs resize`. At most the 10,000
   * newest steps. They are the same for the same seed and the same calls, on Deno and on Bun, as
   * long as nothing waits for anything but calls and the clock.
   */
  get steps(): readonly string[] {
    return this.#pool.scheduler.steps;
  }
}

/**
 * Makes a runtime whose workers share the calling thread: for unit tests, for debuggers, and
 * where there are no workers. It becomes the current one.
 *
 * Calls are made, queued, run and settled by the same code as with threads: values are copied,
 * functions must be self-contained, errors, priorities and limits are the same. But one thing is
 * done at a time, in an order that `seed` determines, and time stands still until
 * {@linkcode VirtualClock.advance} moves it.
 *
 * @param options Settings, a seed and a date.
 * @throws {InvalidConfigError} If a setting is invalid.
 * @throws {RangeError} If the seed is not an integer.
 * @throws {LoomError} If this thread is a worker.
 *
 * @example Usage
 * ```ts
 * import { inlineRuntime } from "@loom/runtime/testing";
 *
 * await using runtime = await inlineRuntime({ seed: 7 });
 * console.log(await runtime.spawnCompute((n: number) => n * 2, 21)); // 42
 * ```
 */
export async function inlineRuntime(
  options: InlineOptions = {},
): Promise<InlineRuntime> {
  const { seed = 1, clock = "virtual", date = DATE, ...settings } = options;
  if (!Number.isSafeInteger(seed)) {
    throw new RangeError(
      `Cannot build inline runtime: seed must be an integer, got ${seed}`,
    );
  }
  if (isLoomWorker()) {
    throw new LoomError(
      "Cannot build inline runtime: this thread is a worker; build it where tests run",
    );
  }
  const { config, explain } = await loadConfig({
    code: settingsOf(settings),
  });
  // Loaded now, so that no call has to wait for it later, which takes a different number of
  // turns of the event loop on each runtime.
  await Promise.all([prepareParser(true), loadReports(), loadStreams()]);
  serveAll();
  const runtime = new InlineRuntime(
    factsOf(config, explain()),
    seed,
    clock === "virtual" ? new Timers() : new MachineTimers(),
    date,
  );
  setCurrentRuntime(runtime);
  return runtime;
}

function factsOf(
  config: LoomConfig,
  settings: readonly ExplainedSetting[],
): RuntimeFacts {
  const computeThreads = config.computeThreads ?? 1;
  const roles: [ThreadRole, number][] = [["async", 0]];
  for (let i = 0; i < computeThreads; i++) roles.push(["compute", i]);
  for (let i = 1; i < config.asyncThreads; i++) roles.push(["async", i]);
  return {
    config: { ...config, computeThreads, pinThreads: false },
    settings,
    asyncCpus: [],
    computeCpus: [],
    processCpus: [],
    effectiveCpuset: [],
    arrayNodes: [],
    threads: roles.map(([role, index], thread) => ({
      thread,
      role,
      ...threadNames(config.prefix, role, index),
      cpu: null,
    })),
  };
}

/** Has the built-in tasks run on the worker of the present code. */
function serveAll(): void {
  serveJobsWith((request) => presentWorker().helper.serve(request));
  serveReportsWith((...request) => {
    const { endpoint, functions } = presentWorker();
    return runReportingTask(endpoint, functions, request);
  });
  serveStreamsWith((...request) => {
    const { endpoint, functions } = presentWorker();
    return runStream(endpoint, functions, request);
  });
}

function presentWorker(): InlineWorker {
  const runtime = tryCurrentRuntime();
  const worker = runtime && inlineWorkerOf(runtime);
  if (worker !== undefined) return worker;
  throw new LoomError(
    "Cannot run task: this code does not belong to a call of an inline runtime",
  );
}
