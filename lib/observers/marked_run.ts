/**
 * Measures what workers run as entries of the performance timeline.
 *
 * @module
 */

import type { WrapperTask } from "../calls/wrappers.ts";
import { builtInTask, provideTask } from "../tasks/task.ts";

/** The original: tasks may replace the global one. */
const now = performance.now.bind(performance);

/** Where and how a measure is shown. */
export interface MarkDetail {
  /** Name of the thread that ran the call; undefined where that is not known. */
  readonly thread: string | undefined;
  /** For the track of the thread in the performance panel of Chrome. */
  readonly devtools: Readonly<Record<string, unknown>>;
}

/** What is added to a measure of a thread. */
export function markDetail(thread: string | undefined): MarkDetail {
  return {
    thread,
    devtools: {
      dataType: "track-entry",
      track: thread ?? "calls",
      trackGroup: "loom",
    },
  };
}

/** Runs a function of that name and measures it; a promise is measured until it settles. */
export const markRun: WrapperTask<string> = builtInTask<WrapperTask<string>>(
  "markRun",
  (run) => run(),
);

/** Sets what {@linkcode markRun} does on the worker of that name. Call it once, when it starts. */
export function markRunsOn(thread: string): void {
  const task: WrapperTask<string> = (run, name) => {
    const start = now();
    const end = () => {
      performance.measure(name, { start, detail: markDetail(thread) });
    };
    let result: unknown;
    try {
      result = run();
    } catch (error) {
      end();
      throw error;
    }
    if (!isThenable(result)) {
      end();
      return result;
    }
    return Promise.resolve(result).finally(end);
  };
  provideTask(markRun, task);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null &&
    typeof (value as PromiseLike<unknown>).then === "function";
}
