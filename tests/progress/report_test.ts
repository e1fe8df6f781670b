import assert from "node:assert/strict";
import { report, WorkerLostError } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { Latch } from "../../lib/sync/mod.ts";
import { reportNumber } from "../fixtures/tasks/reports.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

test("onProgress gets the newest report, and the last one before the result", async () => {
  await using runtime = await sharedRuntime(1);
  const reports: unknown[] = [];
  const view = runtime.with({ onProgress: (value) => reports.push(value) });
  const count = (n: number) => {
    for (let i = 1; i <= n; i++) report(i);
    return n;
  };
  const result = await view.spawnCompute(count, 100_000).then((result) => {
    assert.equal(reports.at(-1), 100_000);
    return result;
  });
  assert.equal(result, 100_000);
  assert.ok(reports.length < 100_000, "not each of them");
  const sorted = [...reports as number[]].sort((a, b) => a - b);
  assert.deepEqual(reports, sorted);
  assert.equal(await view.spawnCompute(reportNumber, 4), 4);
  assert.deepEqual(reports.at(-1), { imported: 4 });
});

test("a report arrives while the task runs, also after an await and from another call", async () => {
  await using runtime = await sharedRuntime(2);
  const first = new Latch(1);
  const second = new Latch(1);
  const steps = async (first: Latch, second: Latch) => {
    report("first");
    first.waitSync();
    await Promise.resolve();
    report("second");
    await second.wait();
    return "end";
  };
  const reports: unknown[] = [];
  const onProgress = (value: unknown) => {
    reports.push(value);
    (value === "first" ? first : second).countDown();
  };
  const call = runtime.with({ onProgress }).spawnCompute(steps, first, second);
  // Nobody listens to this one, on whichever worker.
  await runtime.spawnCompute(() => report("other"));
  report("nobody");
  assert.equal(await call, "end");
  assert.deepEqual(reports, ["first", "second"]);
});

test("a call that reports fails as any other does", async () => {
  await using runtime = await sharedRuntime(1);
  const reports: unknown[] = [];
  const view = runtime.with({ onProgress: (value) => reports.push(value) });
  const failing = () => {
    report(1);
    throw new RangeError("no");
  };
  await assert.rejects(view.spawnCompute(failing), RangeError);
  assert.deepEqual(reports, [1]);
  const lost = view.spawnCompute(() => process.exit() as never);
  await assert.rejects(lost, WorkerLostError);
  const refused = view.spawnCompute(() => report(() => {}));
  await assert.rejects(refused, /item.*function/);
  const throwing = runtime.with({
    onProgress() {
      throw new TypeError("listener");
    },
  });
  await assert.rejects(throwing.spawnCompute(() => report(1)), /listener/);
});
