import assert from "node:assert/strict";
import { markCalls } from "../../lib/insight/mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

type Measures = PerformanceMeasure[];

interface Entry {
  readonly name: string;
  readonly duration: number;
  readonly detail: Readonly<Record<string, unknown>>;
}

function takeMeasures(): Entry[] {
  const entries = performance.getEntriesByType("measure") as Measures;
  performance.clearMeasures();
  return entries.map(({ name, duration, detail }) => ({
    name,
    duration,
    detail,
  }));
}

test("markCalls() measures calls on both threads, until it is stopped", async () => {
  await using runtime = await unpinned(1).build();
  function pause(ms: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  }
  async function fail(): Promise<never> {
    await Promise.resolve();
    throw new RangeError("no");
  }
  await runtime.spawnCompute(pause, 0);
  assert.deepEqual(takeMeasures(), []);
  const marks = markCalls();
  await runtime.spawnCompute(pause, 20);
  await assert.rejects(runtime.spawnCompute(fail), RangeError);
  for await (const _ of runtime.computeMap([0, 0], pause));
  marks.stop();
  await runtime.spawnCompute(pause, 0);
  const here = takeMeasures();
  const [there] = await runtime.onEachWorker(() =>
    (performance.getEntriesByType("measure") as Measures).map((
      { name, duration, detail },
    ) => ({
      name,
      duration,
      detail: { thread: (detail as { thread: string }).thread },
    }))
  );
  assert.deepEqual(
    here.map(({ name, detail }) => [
      name,
      detail.thread,
      detail.operation,
      detail.outcome,
      detail.items,
    ]),
    [
      ["pause", "test-compute-0000", "compute", "ok", undefined],
      ["fail", "test-compute-0000", "compute", "error", undefined],
      ["pause", undefined, "computeMap", "ok", 2],
    ],
  );
  assert.deepEqual(there.slice(0, 2).map(({ name }) => name), [
    "pause",
    "fail",
  ]);
  assert.equal(there[0].detail.thread, "test-compute-0000");
  assert.ok(there[0].duration >= 19.5);
  assert.ok(here[0].duration >= there[0].duration);
  assert.ok((here[0].detail.runMs as number) >= 19.5);
});
