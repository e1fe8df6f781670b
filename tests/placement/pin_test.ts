/**
 * Pinning, checked against what the kernel shows in `/proc/self/task`.
 * These run on the machine's own CPUs and leave the test's thread as it was.
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
} from "../../lib/placement/pin.ts";
import { test } from "../support/test.ts";
import { kernelCpus, kernelName } from "./kernel.ts";
import { withThreads } from "./threads.ts";

/** Not the process's id: Deno runs tests on a thread of their own. */
const testThreadId = threadIdHere();

test("allowedCpus() gives the affinity mask of the calling thread", () => {
  assert.deepEqual(allowedCpus(), {
    cpus: kernelCpus(testThreadId),
    source: "affinity",
  });
});

test("a worker pins, names and unpins itself, and no other thread", async () => {
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

    const failure = await thread.tell({ do: "unpin", cpus, name: "free" });
    assert.equal(failure, null);
    assert.deepEqual(kernelCpus(outcome.threadId), cpus);
    assert.equal(kernelName(outcome.threadId), "free");
  });
});

test("a thread keeps its name when pinned without one", () => {
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

test("pinning to a CPU that is not there is an outcome with its reason", async () => {
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

test("a mask that the kernel narrowed or widened is not a pinned thread", () => {
  assert.equal(readBackFailure(2, [2]), null);
  const failure = "Cannot pin this thread to CPU 2: the kernel runs it on";
  assert.equal(readBackFailure(2, [1]), `${failure} 1`);
  assert.equal(readBackFailure(2, [0, 1, 2]), `${failure} 0-2`);
  assert.match(readBackFailure(2, []) ?? "", /does not tell/);
});

function threadIdHere(): number {
  const threadId = currentThreadId();
  if (!threadId.ok) assert.fail(threadId.message);
  return threadId.value;
}
