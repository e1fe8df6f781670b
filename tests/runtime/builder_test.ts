/**
 * Runtimes as the builder makes them from settings. Expected values come from the CPUs of
 * the machine, so the tests pass on any machine.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  formatCpuset,
  InsufficientCpusError,
  InvalidConfigError,
  LoomBuilder,
  LoomError,
} from "../../mod.ts";
import { readCgroupLimits } from "../../lib/placement/cgroup.ts";
import { allowedCpus, unpinCurrentThread } from "../../lib/affinity/pin.ts";
import { readSystemFile } from "../../lib/placement/system_file.ts";
import { HERE, runProgram } from "../support/program.ts";
import { callingThread, threadsNamed } from "../support/proc.ts";
import { findRuntime } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();

test("By default one event loop and a compute worker on each other CPU", async () => {
  await using runtime = await new LoomBuilder().build();
  // The CPU quota of a container may be lower than its number of CPUs.
  const quota = readCgroupLimits(readSystemFile).quotaCpus ?? Infinity;
  const busyCount = Math.min(cpus.length, Math.max(Math.floor(quota), 1));
  const computeThreads = Math.max(busyCount - 1, 1);
  assert.equal(runtime.config.prefix, "loom");
  assert.equal(runtime.config.pinThreads, true);
  assert.equal(runtime.config.computeThreads, computeThreads);
  assert.equal(runtime.asyncThreads, 1);
  assert.equal(runtime.computeThreads, computeThreads);
  assert.deepEqual(runtime.effectiveCpuset, cpus);
  assert.equal(runtime.asyncCpus.length, 1);
  assert.equal(runtime.computeCpus.length, computeThreads);
  const used = new Set([...runtime.asyncCpus, ...runtime.computeCpus]);
  assert.equal(used.size, Math.min(computeThreads + 1, cpus.length));
  assert.ok([...used].every((cpu) => cpus.includes(cpu)));
  assert.ok(Object.isFrozen(runtime.config));
});

test("toString() shows threads and CPUs in one line", async () => {
  await using runtime = await new LoomBuilder().prefix("tell")
    .cpuset(String(cpus[0])).build();
  assert.equal(
    runtime.toString(),
    `LoomRuntime tell: 1 async on CPU ${cpus[0]}, 1 compute on CPU ${cpus[0]}`,
  );
});

test("The names of all threads start with the prefix", async () => {
  await using runtime = await new LoomBuilder().prefix("myapp").build();
  const [main, worker] = runtime.threads();
  assert.equal(main.name, "myapp-async-0000");
  assert.equal(worker.name, "myapp-compute-0000");
  assert.equal(worker.kernelName, "my-compute-0000");
  const seen = threadsNamed("my-compute-", runtime.computeThreads);
  assert.equal(seen.length, runtime.computeThreads);
  assert.equal(seen[0].threadId, worker.threadId);
});

test("More pinned threads than CPUs is an error with both numbers", async () => {
  const tooMany = cpus.length + 1;
  await assert.rejects(
    new LoomBuilder().computeThreads(tooMany).build(),
    (error) => {
      assert.ok(error instanceof InsufficientCpusError);
      assert.ok(error instanceof LoomError);
      assert.equal(error.requested, tooMany);
      assert.equal(error.available, cpus.length);
      assert.match(error.message, new RegExp(`${tooMany} requested`));
      assert.match(error.message, new RegExp(`${cpus.length} CPU`));
      return true;
    },
  );
  // Threads of both kinds count, against the CPUs of the cpuset.
  await assert.rejects(
    new LoomBuilder().cpuset(String(cpus[0])).asyncThreads(1).computeThreads(1)
      .build(),
    { name: "InsufficientCpusError", requested: 2, available: 1 },
  );
});

test("Unpinned threads may outnumber the CPUs", async () => {
  await using runtime = await new LoomBuilder().prefix("np").pinThreads(false)
    .computeThreads(cpus.length + 1).build();
  const workers = threadsNamed("np-compute-", cpus.length + 1);
  assert.equal(workers.length, cpus.length + 1);
  for (const worker of workers) assert.deepEqual(worker.cpus, cpus);
  assert.deepEqual(
    runtime.threads().map(({ cpu }) => cpu),
    Array(cpus.length + 2).fill(null),
  );
  assert.equal(
    runtime.toString(),
    `LoomRuntime np: 1 async, ${cpus.length + 1} compute`,
  );
  assert.equal(await runtime.spawnCompute((n: number) => n + 1, 1), 2);
});

test("A cpuset that is invalid or not allowed is an error that says why", async () => {
  await assert.rejects(new LoomBuilder().cpuset("0-").build(), {
    name: "InvalidCpuSetError",
    message: "Cannot use settings from code: cpuset must be a list of CPUs, " +
      'got "0-": the range after CPU 0 has no end (position 3)',
  });
  const refused = (cpus: number[]) => ({
    name: "InvalidCpuSetError",
    message: `Cannot use cpuset "${formatCpuset(cpus)}": CPU 60000 does not ` +
      `exist, or the process may not use it; it may use CPU ${allowed}`,
  });
  const allowed = formatCpuset(cpus);
  const none = new LoomBuilder().cpuset("60000");
  await assert.rejects(none.build(), refused([60_000]));
  await assert.rejects(
    none.cpusetPolicy("intersect").build(),
    refused([60_000]),
  );
  const more = refused([...cpus, 60_000]);
  const builder = new LoomBuilder().cpuset(`${allowed},60000`);
  await assert.rejects(builder.build(), {
    ...more,
    message:
      `${more.message}; leave the others out, or set the cpuset policy ` +
      `to "intersect"`,
  });
  // A failed build leaves no thread pinned.
  assert.deepEqual(allowedCpus().cpus, cpus);
});

test('With the policy "intersect" a runtime uses the part of a cpuset that is allowed', async () => {
  await using runtime = await new LoomBuilder().cpuset(`${cpus[0]},60000`)
    .cpusetPolicy("intersect").build();
  assert.deepEqual(runtime.effectiveCpuset, [cpus[0]]);
});

test("An invalid pool size or thread count is an error", async () => {
  for (
    const builder of [
      new LoomBuilder().computePoolSize(0),
      new LoomBuilder().computeThreads(0),
      new LoomBuilder().asyncThreads(1.5),
      new LoomBuilder().prefix(""),
    ]
  ) {
    await assert.rejects(builder.build(), InvalidConfigError);
  }
});

test("Two runtimes can run in one process", async () => {
  const first = await new LoomBuilder().prefix("r1").build();
  const second = await new LoomBuilder().prefix("r2").build();
  assert.deepEqual(second.effectiveCpuset, first.effectiveCpuset);
  for (const [prefix, runtime] of [["r1", first], ["r2", second]] as const) {
    const { computeThreads } = runtime;
    const workers = threadsNamed(`${prefix}-compute`, computeThreads);
    assert.equal(workers.length, computeThreads);
  }
  const name = (n: number) => n + 1;
  assert.deepEqual(
    await Promise.all([
      first.spawnCompute(name, 1),
      second.spawnCompute(name, 2),
    ]),
    [2, 3],
  );
  await first.blockUntilIdle();
  assert.equal(threadsNamed("r1-compute", 0).length, 0);
  assert.equal(await second.spawnCompute(name, 3), 4);
  // The main thread stays pinned until both have ended.
  assert.deepEqual(allowedCpus().cpus, [second.asyncCpus[0]]);
  await second.blockUntilIdle();
  assert.deepEqual(allowedCpus().cpus, cpus);
});

test("A runtime uses the CPUs that the process may use when it is built", async () => {
  const build = () => new LoomBuilder().pinThreads("workers").build();
  await (await build()).blockUntilIdle();
  const [cpu] = cpus;
  unpinCurrentThread([cpu]);
  try {
    await using runtime = await build();
    assert.deepEqual(runtime.effectiveCpuset, [cpu]);
  } finally {
    unpinCurrentThread(cpus);
  }
});

test('pinThreads("require") builds a runtime where pinning works', async () => {
  await using runtime = await new LoomBuilder().pinThreads("require").build();
  assert.equal(runtime.config.pinThreads, "require");
});

test('pinThreads("workers") leaves all CPUs to the main thread and its children', async () => {
  const builder = new LoomBuilder().prefix("pw").pinThreads("workers");
  await using runtime = await builder.computeThreads(1).build();
  assert.deepEqual(runtime.threads().map(({ cpu }) => cpu), [
    null,
    runtime.computeCpus[0],
  ]);
  const [worker] = threadsNamed("pw-compute", 1);
  assert.deepEqual(worker.cpus, runtime.computeCpus);
  assert.deepEqual(callingThread().cpus, cpus);
  assert.equal(
    `${runtime}`,
    `LoomRuntime pw: 1 async, 1 compute on CPU ${runtime.computeCpus[0]}`,
  );
  // Another runtime may pin the main thread; it has all CPUs again after that.
  const other = await new LoomBuilder().computeThreads(1).build();
  assert.deepEqual(callingThread().cpus, [other.asyncCpus[0]]);
  await other.blockUntilIdle();
  assert.deepEqual(callingThread().cpus, cpus);
});

const hasDeno = HERE === "Deno" || canFindDeno();
const needsDeno = hasDeno
  ? test
  : (name: string) => skip(name, "needs the pinned Deno");
const WITHOUT_FFI = {
  runtime: "Deno",
  permissions: [
    "--allow-read",
    "--allow-env",
    "--allow-sys",
    "--allow-run",
  ],
} as const;

needsDeno(
  "Without --allow-ffi there is one warning and an unpinned runtime",
  async () => {
    const end = await runProgram("describe_runtime.ts", [], WITHOUT_FFI);
    assert.equal(end.code, 0, end.stderr);
    const { sum, cpus } = JSON.parse(end.stdout);
    assert.equal(sum, 3);
    assert.deepEqual(new Set(cpus), new Set([null]));
    assert.deepEqual(end.stderr.trimEnd().split("\n"), [
      "loom: threads are not pinned: Cannot open libc: Deno runs without the " +
      "permission --allow-ffi",
    ]);
  },
);

needsDeno("Without --allow-ffi demanded pinning is an error", async () => {
  const end = await runProgram("describe_runtime.ts", ["require"], WITHOUT_FFI);
  assert.equal(end.code, 0, end.stderr);
  assert.deepEqual(JSON.parse(end.stdout), {
    name: "PinningError",
    message: 'Cannot pin threads, which pinThreads("require") demands: ' +
      "Cannot open libc: Deno runs without the permission --allow-ffi",
  });
  assert.equal(end.stderr, "");
});

function canFindDeno(): boolean {
  try {
    findRuntime("Deno");
    return true;
  } catch {
    return false;
  }
}
