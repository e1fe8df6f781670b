/**
 * Runs one test, and looks at what it leaves behind.
 *
 * @module
 */

// Not the global ones: tests may replace them.
import { clearTimeout, setTimeout } from "node:timers";
import { LoomError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import { InlineRuntime } from "./inline/runtime.ts";
import { abandonCalls, describeCalls } from "./left_calls.ts";
import { ThreadWatch } from "./left_threads.ts";
import type { RuntimeSource } from "./runtime_source.ts";
import { until } from "./until.ts";

/** How long tasks that were not cancelled may go on to make calls after the test. */
const SETTLE_MS = 1000;

/** What a test does. */
export type TestBody = (runtime: LoomRuntime) => void | Promise<void>;

/**
 * Runs one test.
 *
 * @param limitMs How long it may take.
 * @throws What the test throws.
 * @throws {LoomError} If it takes too long, or leaves calls or threads behind.
 */
export async function runTest(
  source: RuntimeSource,
  body: TestBody,
  limitMs: number,
): Promise<void> {
  const runtime = await source.open();
  const watch = new ThreadWatch();
  try {
    const run = () => body(runtime);
    await runWithin(
      limitMs,
      runtime,
      async () => await (source.isShared ? runtime.install(run) : run()),
    );
    requireNoCalls(runtime);
    await requireNoCallsOfTasks(runtime);
  } catch (error) {
    await endAll([runtime, ...watch.leftRuntimes()]);
    throw error;
  } finally {
    watch.stop();
  }
  await source.close(runtime);
  await requireNoThreads(watch);
}

/** Runs a test; its promise rejects in time if the test goes on. */
async function runWithin(
  limitMs: number,
  runtime: LoomRuntime,
  run: () => Promise<void>,
): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const calls = describeCalls(runtime) ?? " none";
      reject(
        new LoomError(
          `Cannot finish test: it still runs after ${limitMs} ms; calls in flight:${calls}`,
        ),
      );
    }, limitMs);
  });
  try {
    await Promise.race([run(), late]);
  } finally {
    clearTimeout(timer);
  }
}

function requireNoCalls(runtime: LoomRuntime): void {
  const calls = describeCalls(runtime);
  if (calls === undefined) return;
  throw new LoomError(
    "Cannot pass test: it has left calls behind; await their promises, or cancel them with " +
      `a signal:${calls}`,
  );
}

/** Calls that tasks have made are known for certain only a moment after the tasks have ended. */
async function requireNoCallsOfTasks(runtime: LoomRuntime): Promise<void> {
  const { trackedWork } = runtime.endpoint.control;
  const limitMs = runtime.config.cancelGraceMs + SETTLE_MS;
  if (runtime instanceof InlineRuntime) await runtime.settled();
  else await until(() => trackedWork.isDone(), limitMs);
  if (trackedWork.isDone()) return;
  throw new LoomError(
    "Cannot pass test: tasks have left behind calls that they made; await the promises in " +
      "the tasks",
  );
}

async function requireNoThreads(watch: ThreadWatch): Promise<void> {
  const runtimes = watch.leftRuntimes();
  if (runtimes.length !== 0) {
    await endAll(runtimes);
    throw new LoomError(
      "Cannot pass test: it has left runtimes behind; end them with blockUntilIdle() or " +
        `await using:${runtimes.map((runtime) => `\n  ${runtime}`).join("")}`,
    );
  }
  const workers = await watch.leftWorkers();
  if (workers.length === 0) return;
  throw new LoomError(
    "Cannot pass test: it has left Workers behind, which are not loom's; call terminate() " +
      `of them: ${workers.join(", ")}`,
  );
}

/** Ends runtimes at once. None of their calls rejects, which nobody might handle. */
async function endAll(runtimes: readonly LoomRuntime[]): Promise<void> {
  for (const runtime of runtimes) abandonCalls(runtime);
  await Promise.all(
    runtimes.map((runtime) => runtime.blockUntilIdle({ graceMs: 0 })),
  );
}
