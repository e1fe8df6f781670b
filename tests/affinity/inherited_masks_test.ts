/**
 * Masks that threads and processes have inherited. A thread that pins itself represents one
 * that has inherited its mask. These tests run on the machine's own CPUs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { setAffinityOf } from "../../ffi/libc.ts";
import { InheritedMasks } from "../../lib/affinity/inherited_masks.ts";
import { allowedCpus, currentThread } from "../../lib/affinity/pin.ts";
import { ProcessRecord } from "../../lib/affinity/process_record.ts";
import { skip, test } from "../support/test.ts";
import { kernelCpus, processCpus } from "./kernel.ts";
import { type TestThread, withThreads } from "./threads.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs 2 CPUs");

/** A name that Bun gives to its threads. */
const HELPER = "HeapHelper";

/** Pins a thread as loom's workers are, until the function that it returns is called. */
async function pinOnPurpose(
  thread: TestThread,
  record: ProcessRecord,
  name = "own",
) {
  const { threadId, cpu } = await thread.pin(cpus[0], name);
  record.setThread(threadId, { cpu, reservation: 0 });
  const forget = () => record.setThread(threadId, undefined);
  return { threadId, cpu, forget };
}

needsTwoCpus(
  "Only threads of the JavaScript runtime with a pinned thread's mask are freed",
  async () => {
    const record = ProcessRecord.findOrCreate()!;
    await withThreads(1, async (earlier) => {
      const before = await earlier.pin(cpus[0], HELPER);
      const masks = new InheritedMasks(record);
      await withThreads(5, async (own, other, helper, addOn, elsewhere) => {
        const pinned = await pinOnPurpose(own, record);
        // As the main thread of an isolate that is a Worker.
        const ofOther = await pinOnPurpose(other, record, HELPER);
        const ids = {
          helper: await helper.pin(cpus[0], HELPER),
          addOn: await addOn.pin(cpus[0], "add-on"),
          elsewhere: await elsewhere.pin(cpus[1], HELPER),
        };
        assert.ok(masks.freeThreads([pinned], cpus) >= 1);
        assert.deepEqual(kernelCpus(ids.helper.threadId), cpus);
        assert.deepEqual(kernelCpus(pinned.threadId), [cpus[0]]);
        assert.deepEqual(kernelCpus(ofOther.threadId), [cpus[0]]);
        assert.deepEqual(kernelCpus(ids.addOn.threadId), [cpus[0]]);
        assert.deepEqual(kernelCpus(ids.elsewhere.threadId), [cpus[1]]);
        assert.deepEqual(kernelCpus(before.threadId), [cpus[0]]);
        // What has been freed may narrow itself on purpose.
        await helper.pin(cpus[0], HELPER);
        masks.freeThreads([pinned], cpus);
        assert.deepEqual(kernelCpus(ids.helper.threadId), [cpus[0]]);
        pinned.forget();
        ofOther.forget();
      });
    });
  },
);

needsTwoCpus("A Worker with an expected name is freed", async () => {
  const record = ProcessRecord.findOrCreate()!;
  const masks = new InheritedMasks(record);
  await withThreads(2, async (own, worker) => {
    const pinned = await pinOnPurpose(own, record);
    const { threadId } = await worker.pin(cpus[0], "a-name-of-15-by");
    masks.freeThreads([pinned], cpus);
    assert.deepEqual(kernelCpus(threadId), [cpus[0]]);
    masks.expectWorker("a-name-of-15-bytes-and-more");
    masks.freeThreads([pinned], cpus);
    assert.deepEqual(kernelCpus(threadId), cpus);
    pinned.forget();
  });
});

needsTwoCpus(
  "Only children with the mask of the thread that started them are freed",
  async () => {
    const record = ProcessRecord.findOrCreate()!;
    const masks = new InheritedMasks(record);
    const children = [spawn("sleep", ["60"]), spawn("sleep", ["60"])];
    const [inherited, narrowed] = children.map(({ pid }) => pid!);
    try {
      setAffinityOf(inherited, [cpus[0]]);
      setAffinityOf(narrowed, [cpus[1]]);
      const parent = { threadId: currentThread(), cpu: cpus[0] };
      assert.equal(masks.freeChildren(parent, cpus), 1);
      assert.deepEqual(processCpus(inherited), cpus);
      assert.deepEqual(processCpus(narrowed), [cpus[1]]);
      // What has been freed may be narrowed on purpose.
      setAffinityOf(inherited, [cpus[0]]);
      assert.equal(masks.freeChildren(parent, cpus), 0);
    } finally {
      for (const child of children) {
        child.kill();
        await once(child, "exit");
      }
    }
  },
);
