/**
 * What threads do while nobody calls, counted by the kernel.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { type ThreadActivity, threadActivity } from "../support/proc.ts";
import { startProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const WINDOW_MS = 400;
/** After some of these, what the JavaScript runtime still compiles and collects is done. */
const MAX_WINDOWS = 60;
/** JavaScript runtimes have timers of their own on threads with an event loop. */
const MAX_LOOP_SLEEPS = 8;

/** How much a thread ran in a window. */
type Run = Pick<ThreadActivity, "name" | "sleepCount" | "ticks">;

const TITLE = "Compute workers left alone do not run, and event loops hardly";

if (process.platform === "linux") test(TITLE, watchIdleProgram);
else skip(TITLE, "no /proc");

async function watchIdleProgram(): Promise<void> {
  const { pid, firstLine, end } = startProgram("idles.ts");
  try {
    assert.equal(await firstLine, "idle");
    // One quiet window of each is enough: a thread that polls or spins has none.
    const idle = new Set<string>();
    let restless: Run[] = [];
    for (let windows = 0; windows < MAX_WINDOWS; windows++) {
      const runs = await watch(pid);
      for (const run of runs) if (isIdle(run)) idle.add(run.name);
      restless = runs.filter(({ name }) => !idle.has(name));
      if (restless.length === 0) return;
    }
    assert.deepEqual(restless, []);
  } finally {
    process.kill(pid, "SIGKILL");
    await end;
  }
}

/** Resolves with what the main thread and loom's threads run in a window. */
async function watch(pid: number): Promise<Run[]> {
  const before = threadActivity(pid);
  await new Promise((resolve) => setTimeout(resolve, WINDOW_MS));
  const after = new Map(
    threadActivity(pid).map((thread) => [thread.threadId, thread]),
  );
  const threads = before.filter(({ threadId, name }) =>
    threadId === pid || name.startsWith("i-")
  );
  assert.equal(threads.length, 4, threads.map(({ name }) => name).join());
  return threads.map(({ threadId, name, sleepCount, ticks }) => {
    const now = after.get(threadId);
    assert.ok(now !== undefined, `${name} has ended`);
    return {
      name,
      sleepCount: now.sleepCount - sleepCount,
      ticks: now.ticks - ticks,
    };
  });
}

function isIdle({ name, sleepCount, ticks }: Run): boolean {
  return name.startsWith("i-compute-")
    ? sleepCount === 0 && ticks === 0
    : sleepCount <= MAX_LOOP_SLEEPS && ticks <= 1;
}
