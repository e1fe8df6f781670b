/**
 * A pinned worker stands in for a helper thread that inherited a pinned mask.
 * These run on the machine's own CPUs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { freeHelperThreads } from "../../lib/placement/helper_threads.ts";
import { allowedCpus } from "../../lib/placement/pin.ts";
import { skip, test } from "../support/test.ts";
import { kernelCpus } from "./kernel.ts";
import { withThreads } from "./threads.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs 2 CPUs");

needsTwoCpus("freeHelperThreads() frees every thread but our own", async () => {
  await withThreads(2, async (own, helper) => {
    const ownOutcome = await own.pin(cpus[0], null);
    const helperOutcome = await helper.pin(cpus[1], null);
    assert.ok(freeHelperThreads([ownOutcome.threadId], cpus) >= 1);
    assert.deepEqual(kernelCpus(ownOutcome.threadId), [cpus[0]]);
    assert.deepEqual(kernelCpus(helperOutcome.threadId), cpus);
  });
});

needsTwoCpus(
  "freeHelperThreads() works from a worker, on threads that came since",
  async () => {
    await withThreads(1, async (own) => {
      const ownOutcome = await own.pin(cpus[0], null);
      const free = {
        do: "free",
        ownThreadIds: [ownOutcome.threadId],
        fullMask: cpus,
      } as const;
      await own.tell(free);
      await withThreads(1, async (helper) => {
        const helperOutcome = await helper.pin(cpus[1], null);
        assert.ok(Number(await own.tell(free)) >= 1);
        assert.deepEqual(kernelCpus(helperOutcome.threadId), cpus);
        assert.deepEqual(kernelCpus(ownOutcome.threadId), [cpus[0]]);
      });
    });
  },
);

needsTwoCpus(
  "freeHelperThreads() leaves a thread outside the mask alone",
  async () => {
    await withThreads(1, async (other) => {
      const outcome = await other.pin(cpus[1], null);
      freeHelperThreads([], [cpus[0]]);
      assert.deepEqual(kernelCpus(outcome.threadId), [cpus[1]]);
      // Another mask is another question: what was settled for the first is not now.
      freeHelperThreads([], cpus);
      assert.deepEqual(kernelCpus(outcome.threadId), cpus);
    });
  },
);
