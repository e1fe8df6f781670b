/**
 * Pinning, compared with the kernel's data in `/proc/self/task`. These tests run on the
 * machine's own CPUs and restore the test's thread.
 *
 * @module
 */

import assert from "node:assert/strict";
import { currentThreadId } from "../../ffi/libc.ts";
import {
  allowedCpus,
  pinCurrentThread,
  readBackFailure,
  unpinCurrentThread,
} from "../../lib/affinity/pin.ts";
import { test } from "../support/test.ts";
import { kernelCpus, kernelName } from "./kernel.ts";
import { withThreads } from "./threads.ts";

/** Not the id of the process, since Deno runs tests on a separate thread. */
const testThreadId = threadIdHere();

test("allowedCpus() returns the affinity mask of the calling thread", () => {
  assert.deepEqual(allowedCpus(), {
    cpus: kernelCpus(testThreadId),
    source: "affinity",
  });
});

test("A worker pins, names and unpins only itself", async () => {
  const { cpus } = allowedCpus();
  const target = cpus[cpus.length - 1];
  await withThreads(1, async (thread) => {
    const outcome = await thread.pin(target, "t-compute-0001");
    assert.notEqual(outcome.threadId, testThreadId);
    assert.deepEqual(outcome, {
      cpu: target,
      pinned: true,
      failure: null,
      effectiveCpus: [target],
      threadId: outcome.threadId,
      kernelName: "t-compute-0001",
    });
    assert.deepEqual(kernelCpus(outcome.threadId), [target]);
    assert.equal(kernelName(outcome.threadId), "t-compute-0001");
    assert.deepEqual(kernelCpus(testThreadId), cpus);

    const failure = await thread.run({ do: "unpin", cpus, name: "free" });
    assert.equal(failure, null);
    assert.deepEqual(kernelCpus(outcome.threadId), cpus);
    assert.equal(kernelName(outcome.threadId), "free");
  });
});

test("A thread that is pinned without a name keeps its name", () => {
  const { cpus } = allowedCpus();
  const name = kernelName(testThreadId);
  try {
    const outcome = pinCurrentThread(cpus[0], null);
    assert.equal(outcome.threadId, testThreadId);
    assert.equal(outcome.kernelName, name);
    assert.deepEqual(kernelCpus(testThreadId), [cpus[0]]);
    assert.equal(kernelName(testThreadId), name);
  } finally {
    assert.equal(unpinCurrentThread(cpus), null);
  }
  assert.deepEqual(kernelCpus(testThreadId), cpus);
});

test("Pinning to a CPU that does not exist gives an outcome with the reason", async () => {
  const { cpus } = allowedCpus();
  await withThreads(1, async (thread) => {
    const outcome = await thread.pin(60_000, "t-compute-0002");
    assert.equal(outcome.pinned, false);
    assert.match(outcome.failure ?? "", /CPUs \[60000\]: EINVAL/);
    assert.deepEqual(outcome.effectiveCpus, cpus);
    assert.deepEqual(kernelCpus(outcome.threadId), cpus);
    assert.equal(kernelName(outcome.threadId), "t-compute-0002");
  });
});

test("A thread whose mask the kernel changed is not pinned", () => {
  assert.equal(readBackFailure(2, [2]), null);
  const failure = "Cannot pin this thread to CPU 2: the kernel runs it on";
  assert.equal(readBackFailure(2, [1]), `${failure} 1`);
  assert.equal(readBackFailure(2, [0, 1, 2]), `${failure} 0-2`);
  assert.match(readBackFailure(2, []) ?? "", /unknown CPUs$/);
});

function threadIdHere(): number {
  const threadId = currentThreadId();
  if (!threadId.ok) assert.fail(threadId.message);
  return threadId.value;
}
