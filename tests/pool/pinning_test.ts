/**
 * Where the kernel runs the threads of a runtime, on the machine's own CPUs. The tests
 * read `/proc/self/task`, not what the runtime reports.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { setAffinityOf } from "../../ffi/libc.ts";
import { LoomBuilder, type LoomRuntime } from "../../mod.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { runProgram } from "../support/program.ts";
import {
  callingThread,
  type KernelThread,
  kernelThreads,
  threadsNamed,
} from "../support/proc.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs 2 CPUs");

test("Every compute worker has a CPU of its own and its name", async () => {
  await using runtime = await new LoomBuilder().prefix("pa")
    .computeThreads(cpus.length).build();
  const workers = threadsNamed("pa-", cpus.length);
  assert.deepEqual(
    workers.map(({ name }) => name),
    cpus.map((_, i) => `pa-compute-${String(i).padStart(4, "0")}`),
  );
  for (const worker of workers) assert.equal(worker.cpus.length, 1);
  const used = workers.map((worker) => worker.cpus[0]);
  assert.deepEqual(used.toSorted((a, b) => a - b), cpus);
  // The runtime reports what the kernel does.
  assert.deepEqual(
    workers.map(({ threadId, cpus: [cpu] }) => ({ threadId, cpu })),
    runtime.threads().slice(1).map(({ threadId, cpu }) => ({ threadId, cpu })),
  );
});

needsTwoCpus(
  "Event loops are pinned, and all but the main one are named",
  async () => {
    const before = callingThread();
    {
      await using runtime = await new LoomBuilder().prefix("pb")
        .asyncThreads(2).build();
      const [loop] = threadsNamed("pb-async-", 1);
      assert.equal(loop.name, "pb-async-0001");
      assert.deepEqual(loop.cpus, [runtime.asyncCpus[1]]);
      assert.deepEqual(callingThread().cpus, [runtime.asyncCpus[0]]);
      assert.equal(callingThread().name, before.name);
      assert.notEqual(runtime.asyncCpus[0], runtime.asyncCpus[1]);
    }
    assert.deepEqual(callingThread(), before, "shutdown gives the CPUs back");
  },
);

needsTwoCpus(
  "Helper threads of the JavaScript runtime may use all CPUs of the process",
  async () => {
    await using runtime = await new LoomBuilder().prefix("pc").build();
    // Makes the JavaScript runtime start helper threads: compilers, collectors, file access.
    await Promise.all(
      Array.from({ length: 8 }, () => runtime.spawnCompute(churn)),
    );
    await churn();
    const own = new Set([
      callingThread().threadId,
      ...threadsNamed("pc-", runtime.computeThreads).map(({ threadId }) =>
        threadId
      ),
    ]);
    assert.equal(own.size, 1 + runtime.computeThreads);
    const isRestricted = ({ threadId, cpus: some }: KernelThread) =>
      !own.has(threadId) && some.length < cpus.length;
    // They are unpinned when the main thread waits, the less often the longer that takes.
    while (kernelThreads().some(isRestricted)) await runtime.spawnCompute(rest);
    for (const worker of threadsNamed("pc-", runtime.computeThreads)) {
      assert.equal(worker.cpus.length, 1);
    }
  },
);

test("A replaced worker is pinned on the same CPU under the same name", async () => {
  await using runtime = await new LoomBuilder().prefix("pd").build();
  const before = threadsNamed("pd-", runtime.computeThreads);
  const lost = before.map(() => runtime.spawnCompute(endWorker));
  for (const end of await Promise.allSettled(lost)) {
    assert.equal(end.status, "rejected");
  }
  const after = await replacementsOf(before, runtime);
  const place = ({ name, cpus }: KernelThread) => ({ name, cpus });
  assert.deepEqual(after.map(place), before.map(place));
  assert.deepEqual(
    runtime.threads().slice(1).map(({ threadId }) => threadId),
    after.map(({ threadId }) => threadId),
  );
});

needsTwoCpus(
  "A thread whose mask the kernel changes is pinned again while calls flow",
  async () => {
    await using runtime = await new LoomBuilder().prefix("pe").build();
    const [main, worker] = runtime.threads();
    for (const { threadId } of [main, worker]) {
      assert.ok(setAffinityOf(threadId, cpus).ok);
    }
    const allowed = () => runtime.threads().map((thread) => thread.allowedCpus);
    assert.deepEqual(allowed().slice(0, 2), [cpus, cpus]);
    const planned = runtime.threads().map(({ cpu }) => [cpu]);
    for (let i = 0; i < 100; i++) {
      await runtime.spawnCompute(rest);
      if (allowed().every(({ length }) => length === 1)) break;
    }
    assert.deepEqual(allowed(), planned);
    const [{ cpus: kernel }] = threadsNamed("pe-", runtime.computeThreads);
    assert.deepEqual(kernel, [worker.cpu]);
  },
);

needsTwoCpus(
  "A thread that runs unpinned is not pinned meanwhile",
  async () => {
    await using runtime = await new LoomBuilder().prefix("pf").build();
    const { promise, resolve } = Promise.withResolvers<void>();
    const unpinned = runtime.unpinned(() => promise);
    for (let i = 0; i < 15; i++) await runtime.spawnCompute(rest);
    assert.deepEqual(callingThread().cpus, cpus);
    resolve();
    await unpinned;
    assert.deepEqual(callingThread().cpus, [runtime.asyncCpus[0]]);
  },
);

const hasTaskset = spawnSync("taskset", ["--version"]).status === 0;
const needsTaskset = hasTaskset
  ? needsTwoCpus
  : (name: string) => skip(name, "needs taskset");

needsTaskset(
  "A process restricted by taskset stays on its CPU",
  async () => {
    const given = cpus[1];
    const end = await runProgram("pinned_runtime.ts", [], {
      under: ["taskset", "-c", String(given)],
    });
    assert.equal(end.code, 0, end.stderr);
    assert.deepEqual(JSON.parse(end.stdout), {
      main: [given],
      workers: [[given]],
      after: [given],
    });
  },
);

/** Makes garbage, runs code often enough to be optimised, and reads a file. */
async function churn(): Promise<number> {
  const { readFile } = await import("node:fs/promises");
  let kept: unknown[] = [];
  for (let i = 0; i < 300_000; i++) {
    kept.push({ i, text: `${i}` });
    if (kept.length > 50_000) kept = [];
  }
  const { length } = await readFile("/proc/self/status");
  return kept.length + length;
}

/** Long enough for the caller to stop spinning and wait. */
function rest(): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
}

function endWorker(): void {
  process.exit(1);
}

/** Makes calls until the threads `ended` are gone and as many others run. */
async function replacementsOf(
  ended: readonly KernelThread[],
  runtime: LoomRuntime,
): Promise<KernelThread[]> {
  const endedIds = new Set(ended.map(({ threadId }) => threadId));
  for (let i = 0; i < 1_000; i++) {
    await runtime.spawnCompute(rest);
    const threads = threadsNamed("pd-", ended.length);
    if (
      threads.length === ended.length &&
      threads.every(({ threadId }) => !endedIds.has(threadId))
    ) return threads;
  }
  assert.fail("the workers were not replaced");
}
