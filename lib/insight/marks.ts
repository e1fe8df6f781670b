/**
 * User timing marks of calls, for profilers.
 *
 * @module
 */

import { observeCalls } from "../current.ts";
import { markDetail, markRun } from "../observers/marked_run.ts";
import type {
  Beginning,
  CallObserver,
  Ending,
  Observation,
} from "../observers/observers.ts";

/** What {@linkcode markCalls} has begun. */
export interface CallMarks extends Disposable {
  /** Marks no more calls. The entries that were made stay. */
  stop(): void;
}

/**
 * Writes each call that this thread makes, by any runtime, into the performance timeline: as an
 * entry of `performance.measure()` with the name of the task, on this thread from the call to its
 * outcome, and on its worker for the time in which it runs there. `detail` has the name of the
 * worker, and of an entry of this thread `queueMs`, `runMs` and `outcome`.
 *
 * For as long as one profiles: the timeline keeps every entry until `performance.clearMeasures()`,
 * and a call costs some microseconds more. A program that does not call this pays nothing.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 * import { markCalls } from "@loom/runtime/insight";
 *
 * await using runtime = await new LoomBuilder().build();
 * function square(n: number): number {
 *   return n * n;
 * }
 * const marks = markCalls();
 * await runtime.spawnCompute(square, 12);
 * marks.stop();
 * console.log(performance.getEntriesByName("square").length); // 1
 * ```
 */
export function markCalls(): CallMarks {
  const stop = observeCalls(new Marker());
  return { stop, [Symbol.dispose]: stop };
}

class Marker implements CallObserver {
  /** See {@linkcode CallObserver}. */
  begin({ task, operation }: Beginning): Observation | undefined {
    // Its call on a worker is marked, too.
    if (operation === "serve") return undefined;
    const start = performance.now();
    return {
      wrapper: { task: markRun, value: task, isContext: false },
      runHere: (fn) => fn(),
      end: ({ run, outcome, items }: Ending) => {
        const { thread, queueMs, ms } = run ?? {};
        const detail = {
          ...markDetail(thread),
          operation,
          outcome,
          queueMs,
          runMs: ms,
          items,
        };
        performance.measure(task, { start, detail });
      },
    };
  }
}
