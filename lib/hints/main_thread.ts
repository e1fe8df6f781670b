/**
 * Helps to find mistakes, on the main thread.
 *
 * @module
 */

import process from "node:process";
import { setTimeout } from "node:timers";
import { captureSite } from "../calls/call_sites.ts";
import type { Diagnostics, LongRun } from "../calls/diagnostics.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { readPoolLoad } from "../calls/pool_load.ts";
import { COMPUTE } from "../bridge/layout.ts";
import { atExit } from "../pool/exit.ts";
import type { Pool } from "../pool/pool.ts";
import { WrittenStacks } from "../stacks/written_stack.ts";
import { describeTasks, taskName } from "../tasks/task_name.ts";
import type { TaskTable } from "../tasks/task_table.ts";
import { GrowingQueue } from "./growing_queue.ts";
import { firstFrame, Hints } from "./hints.ts";
import { LongRuns, longRunText } from "./long_runs.ts";
import { RepeatedValues } from "./repeated_values.ts";

/** Time between two looks at the queue, in milliseconds; tests change it. */
export const looks: { periodMs: number } = { periodMs: 500 };

/** The original: tests may replace the global one. */
const now = performance.now.bind(performance);

/** Sets what helps to find mistakes in the program of a pool. */
export function startDiagnostics(
  { endpoint, tasks, ended }: Pool,
  givesHints: boolean,
  warn: (message: string) => void,
): void {
  if (!givesHints) {
    endpoint.diagnostics = new Stacks(tasks);
    return;
  }
  const diagnostics = new StacksAndHints(endpoint, tasks, warn);
  endpoint.diagnostics = diagnostics;
  const ignoreExit = atExit(() => diagnostics.exits());
  ended.then(ignoreExit);
}

/** Better stacks, and no hints. */
class Stacks implements Diagnostics {
  readonly #stacks: WrittenStacks;

  constructor(table: TaskTable) {
    this.#stacks = new WrittenStacks((task) => {
      const record = table.read(task);
      return record.kind === "source" ? record.source : undefined;
    });
  }

  /** See {@linkcode Diagnostics}. */
  rewriteStack(stack: string): string {
    return this.#stacks.rewrite(stack);
  }

  /** See {@linkcode Diagnostics}. */
  watchesNext(): boolean {
    return false;
  }

  /** See {@linkcode Diagnostics}. */
  runHere<T>(_fn: object, run: () => T): T {
    return run();
  }

  /** See {@linkcode Diagnostics}. */
  ranLong(_run: LongRun): void {}

  /** See {@linkcode Diagnostics}. */
  sentLarge(_task: number, _values: readonly unknown[], _bytes: number): void {}

  /** See {@linkcode Diagnostics}. */
  waits(): void {}
}

/** Of the functions that run on the main thread, the first ones are all timed. */
const ALL_WATCHED = 64;
/** Of the others, one in so many is. */
const WATCHED_EVERY = 8;

/** Better stacks, and hints. */
class StacksAndHints extends Stacks {
  readonly #endpoint: Endpoint;
  readonly #table: TaskTable;
  readonly #hints: Hints;
  readonly #longRuns = new LongRuns<string>();
  readonly #values = new RepeatedValues();
  readonly #queue = new GrowingQueue();
  #hasTimer = false;
  #functionsHere = 0;
  readonly #look = (): void => {
    this.#hasTimer = false;
    // While no call is in flight, nothing wakes the process.
    if (!this.#endpoint.busy) return this.#queue.reset();
    this.#lookAtQueue();
    this.waits();
  };

  constructor(
    endpoint: Endpoint,
    table: TaskTable,
    warn: (message: string) => void,
  ) {
    super(table);
    this.#endpoint = endpoint;
    this.#table = table;
    this.#hints = new Hints(warn);
  }

  /** See {@linkcode Diagnostics}. */
  override watchesNext(): boolean {
    const number = this.#functionsHere++;
    return number < ALL_WATCHED || number % WATCHED_EVERY === 0;
  }

  /** Times the function up to its first pause. */
  override runHere<T>(fn: object, run: () => T): T {
    const startMs = now();
    try {
      return run();
    } finally {
      const ms = now() - startMs;
      let name = "";
      const count = this.#longRuns.note(() => name = nameOf(fn), ms);
      if (count !== undefined) {
        const loop = "the event loop of the main thread";
        this.#hintAtLongRun(name, loop, ms, count);
      }
    }
  }

  /** See {@linkcode Diagnostics}. */
  override ranLong({ task, ms, count }: LongRun): void {
    const loop = "the event loop of a worker";
    this.#hintAtLongRun(this.#nameOf(task), loop, ms, count);
  }

  #hintAtLongRun(name: string, loop: string, ms: number, count: number): void {
    const text = longRunText(name, loop, ms, count);
    this.#hints.give("long run", name, text);
  }

  /** See {@linkcode Diagnostics}. */
  override sentLarge(
    task: number,
    values: readonly unknown[],
    bytes: number,
  ): void {
    const repeated = this.#values.note(values, bytes);
    if (repeated === undefined) return;
    const { kind, count } = repeated;
    const mib = (repeated.bytes / 2 ** 20).toFixed(1);
    const name = this.#nameOf(task);
    this.#hints.give(
      "repeated value",
      name,
      `The same ${kind} of ${mib} MiB was copied for ${count} calls of ${name}. Pass a view ` +
        `of shared memory, such as shared(array), or a sharedValue(value), which are not copied`,
      // Only now, when there is something to say.
      captureSite(),
    );
  }

  /** Looks at the queue now and then, on an event loop that this does not keep alive. */
  override waits(): void {
    if (this.#hasTimer) return;
    this.#hasTimer = true;
    setTimeout(this.#look, looks.periodMs).unref();
  }

  #lookAtQueue(): void {
    const { count } = this.#endpoint.compute.queue;
    const areAllBusy = () =>
      readPoolLoad(this.#endpoint, COMPUTE).workers
        .every(({ activity }) => activity === "busy");
    if (!this.#queue.look(count, areAllBusy)) return;
    const tasks = this.#describeCalls();
    this.#hints.give(
      "growing queue",
      "",
      `${count} calls wait, and there are more every moment: calls are made faster than the ` +
        `compute workers run them (${tasks}). Await results before you make more calls, map a ` +
        `source with computeMap(), or set maxQueuedCalls`,
    );
  }

  /** The process ends. Without `process.exit()` it ends early because it fails or is reloaded. */
  exits(): void {
    const { trackedCount } = this.#endpoint;
    if (trackedCount === 0 || Number(process.exitCode ?? 0) !== 0) return;
    const site = captureSite();
    if (firstFrame(site) === "") return;
    const tasks = this.#describeCalls();
    this.#hints.give(
      "unsettled calls",
      "",
      `process.exit() ends the process before ${
        trackedCount === 1 ? "1 call has" : `${trackedCount} calls have`
      } settled (${tasks}). Await them, or ` +
        `runtime.blockUntilIdle(), before that`,
      site,
    );
  }

  #describeCalls(): string {
    const calls = this.#endpoint.callsInFlight().map(({ task }) => task);
    return describeTasks(this.#table, calls);
  }

  #nameOf(task: number): string {
    return taskName(this.#table.read(task));
  }
}

function nameOf(fn: object): string {
  const { name } = fn as { readonly name: unknown };
  if (typeof name === "string" && name !== "") return name;
  const source = Function.prototype.toString.call(fn);
  return taskName({ kind: "source", source });
}
