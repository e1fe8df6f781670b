/**
 * The CPUs of what pinned threads start.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { currentRuntime, LoomBuilder } from "../../mod.ts";
import { parseCpuset } from "../../lib/placement/cpuset.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { pinThread, runUnpinned } from "../../lib/affinity/thread_mask.ts";
import { callingThread, threadsNamed } from "../support/proc.ts";
import { runProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();
/** On one CPU a pinned thread has all CPUs. */
const needsTwoCpus = process.platform === "linux" && cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs Linux and two CPUs");

function allowedList(): string {
  const child = spawnSync("cat", ["/proc/self/status"], { encoding: "utf8" });
  return /^Cpus_allowed_list:\s*(\S+)$/m.exec(child.stdout)![1];
}

needsTwoCpus(
  "A child that the main thread starts unpinned has all CPUs",
  async () => {
    await using runtime = await new LoomBuilder().prefix("un").build();
    const own = [runtime.asyncCpus[0]];
    assert.deepEqual(parseCpuset(runtime.unpinned(allowedList)), cpus);
    assert.deepEqual(callingThread().cpus, own);
    assert.throws(() =>
      runtime.unpinned(() => {
        throw new RangeError("on purpose");
      }), RangeError);
    assert.deepEqual(callingThread().cpus, own);
  },
);

needsTwoCpus(
  "A promise keeps the thread unpinned until the last one is settled",
  async () => {
    const runtime = await new LoomBuilder().prefix("up").build();
    const own = [runtime.asyncCpus[0]];
    const first = Promise.withResolvers<void>();
    const second = Promise.withResolvers<void>();
    const both = [
      runtime.unpinned(() => first.promise),
      runtime.unpinned(() => second.promise),
    ];
    assert.deepEqual(callingThread().cpus, cpus);
    first.reject(new Error("on purpose"));
    await assert.rejects(both[0]);
    assert.deepEqual(callingThread().cpus, cpus);
    second.resolve();
    await both[1];
    assert.deepEqual(callingThread().cpus, own);
    // The runtime ends in between: nothing pins the thread again.
    const last = runtime.unpinned(() => runtime.blockUntilIdle());
    await last;
    await Promise.resolve();
    assert.deepEqual(callingThread().cpus, cpus);
  },
);

needsTwoCpus("A child that a task starts unpinned has all CPUs", async () => {
  await using runtime = await new LoomBuilder().prefix("uw").build();
  const seen = await runtime.spawnCompute(() => {
    const { spawnSync } = process.getBuiltinModule("node:child_process");
    const list = () =>
      /^Cpus_allowed_list:\s*(\S+)$/m.exec(
        spawnSync("cat", ["/proc/self/status"], { encoding: "utf8" }).stdout,
      )![1];
    return currentRuntime().unpinned(list);
  });
  assert.deepEqual(parseCpuset(seen), cpus);
  const [worker] = threadsNamed("uw-compute", runtime.computeThreads);
  assert.deepEqual(worker.cpus, [runtime.computeCpus[0]]);
});

needsTwoCpus("A thread that could not be pinned stays as it is", () => {
  assert.ok(!pinThread(60_000, null, undefined).pinned);
  runUnpinned([cpus[0]], () => assert.deepEqual(callingThread().cpus, cpus));
  assert.deepEqual(callingThread().cpus, cpus);
});

test("unpinned() hides no rejection from the program", async () => {
  const end = await runProgram("unpinned_rejection.ts");
  assert.equal(end.stdout, "Error: on purpose\n", end.stderr);
});

test("unpinned() of a runtime that pins nothing runs the function", async () => {
  await using runtime = await new LoomBuilder().pinThreads(false)
    .computeThreads(1).build();
  assert.equal(runtime.unpinned(() => 5), 5);
  assert.deepEqual(allowedCpus().cpus, cpus);
});
