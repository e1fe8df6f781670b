/**
 * A pinned worker represents a helper thread that inherited a pinned mask. These tests run
 * on the machine's own CPUs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { freeHelperThreads } from "../../lib/affinity/helper_threads.ts";
import { allowedCpus } from "../../lib/affinity/pin.ts";
import { skip, test } from "../support/test.ts";
import { kernelCpus } from "./kernel.ts";
import { withThreads } from "./threads.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs 2 CPUs");

needsTwoCpus(
  "freeHelperThreads() unpins all threads except the given ones",
  async () => {
    await withThreads(2, async (own, helper) => {
      const ownOutcome = await own.pin(cpus[0], null);
      const helperOutcome = await helper.pin(cpus[1], null);
      assert.ok(freeHelperThreads([ownOutcome.threadId], cpus) >= 1);
      assert.deepEqual(kernelCpus(ownOutcome.threadId), [cpus[0]]);
      assert.deepEqual(kernelCpus(helperOutcome.threadId), cpus);
    });
  },
);

needsTwoCpus(
  "freeHelperThreads() on a worker unpins threads started since the last call",
  async () => {
    await withThreads(1, async (own) => {
      const ownOutcome = await own.pin(cpus[0], null);
      const free = {
        do: "free",
        ownThreadIds: [ownOutcome.threadId],
        fullMask: cpus,
      } as const;
      await own.run(free);
      await withThreads(1, async (helper) => {
        const helperOutcome = await helper.pin(cpus[1], null);
        assert.ok(Number(await own.run(free)) >= 1);
        assert.deepEqual(kernelCpus(helperOutcome.threadId), cpus);
        assert.deepEqual(kernelCpus(ownOutcome.threadId), [cpus[0]]);
      });
    });
  },
);

needsTwoCpus(
  "freeHelperThreads() does not change a thread outside the mask",
  async () => {
    await withThreads(1, async (other) => {
      const outcome = await other.pin(cpus[1], null);
      freeHelperThreads([], [cpus[0]]);
      assert.deepEqual(kernelCpus(outcome.threadId), [cpus[1]]);
      // For another mask, threads are checked again.
      freeHelperThreads([], cpus);
      assert.deepEqual(kernelCpus(outcome.threadId), cpus);
    });
  },
);
