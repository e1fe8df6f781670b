import assert from "node:assert/strict";
import { WorkerLostError } from "../../mod.ts";
import { planRuntime } from "../../lib/planning.ts";
import { HERE, runProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { skip, test } from "../support/test.ts";

test("workerHeapMb() warns where the runtime ignores it", async () => {
  const warningsOf = async (builder = unpinned(1)) =>
    planRuntime(await builder.resolve()).warnings
      .filter((text) => text.includes("worker_heap_mb"));
  assert.deepEqual(await warningsOf(), []);
  assert.deepEqual(
    await warningsOf(unpinned(1).workerHeapMb(64)),
    HERE === "Bun"
      ? [
        "worker_heap_mb has no effect: Bun does not limit the heaps of workers",
      ]
      : [],
  );
});

test("A worker with workerHeapMb() runs calls", async () => {
  await using runtime = await unpinned(1).workerHeapMb(64).build();
  assert.equal(await runtime.spawnCompute((n: number) => n + 1, 1), 2);
});

for (const when of ["at once", "later"]) {
  const name =
    `A worker that reaches its limit ${when} is replaced, and its calls reject`;
  if (HERE === "Bun") skip(name, "Bun does not limit the heaps of workers");
  else {
    test(name, async () => {
      // In a process of its own, which ends if the limit is not honoured.
      const end = await runProgram("out_of_memory.ts", [when]);
      assert.equal(end.code, 0, end.stderr);
      const { name, message, after } = JSON.parse(end.stdout);
      assert.equal(name, WorkerLostError.name);
      assert.match(message, /out of memory/);
      assert.equal(after, 2);
    });
  }
}
