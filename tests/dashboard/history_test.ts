import assert from "node:assert/strict";
import { between, endsBetween, History } from "../../lib/dashboard/history.js";
import type { Snapshot } from "../../lib/dashboard/types.ts";
import { SimulatedProgram } from "../support/simulated_program.ts";
import { test } from "../support/test.ts";

/** A snapshot with other figures than the program's own. */
function changed(
  snapshot: Snapshot,
  metrics: Partial<Snapshot["metrics"]>,
): Snapshot {
  return { ...snapshot, metrics: { ...snapshot.metrics, ...metrics } };
}

test("History turns counts into rates and loads of the time between snapshots", () => {
  const first = new SimulatedProgram({ workers: 2 }).snapshot();
  const { timeMs, threads, tasks } = first.metrics;
  const second = changed(first, {
    timeMs: timeMs + 2_000,
    compute: { queued: 3, running: 2 },
    async: { queued: 1, running: 0 },
    threads: threads.map((thread, index) => ({
      ...thread,
      busyMs: thread.busyMs + index * 500,
      runs: thread.runs + index * 10,
      settledCalls: thread.settledCalls + (index === 0 ? 30 : 0),
    })),
    tasks: tasks.map((task, index) => ({
      ...task,
      totalMs: task.totalMs + (index === 0 ? 1_500 : 0),
    })),
  });
  const history = new History();
  history.add(first);
  assert.deepEqual(history.points, []);
  assert.ok(history.threads.every(({ load }) => load === 0));
  history.add(second);
  const [{ afterGap, callsPerSecond, busyWorkers, queued, running }] =
    history.points;
  assert.deepEqual(
    { afterGap, callsPerSecond, busyWorkers, queued, running },
    {
      afterGap: false,
      callsPerSecond: 15,
      busyWorkers: 0.75,
      queued: 4,
      running: 2,
    },
  );
  assert.deepEqual(
    history.threads.map(({ short, load, runsPerSecond }) => [
      short,
      load,
      runsPerSecond,
    ]),
    [["A0", 0, 0], ["C0", 0.25, 5], ["C1", 0.5, 10]],
  );
  assert.deepEqual(
    history.tasks.slice(0, 2).map(({ busyThreads }) => busyThreads),
    [0.75, 0],
  );
});

test("History marks a thread whose worker was lost, for a while", () => {
  const program = new SimulatedProgram({ workers: 2 });
  const history = new History();
  const look = () => {
    history.add(program.snapshot());
    return history.threads.map(({ wasJustLost }) => wasJustLost);
  };
  look();
  program.endWorker(1);
  program.endWorker(2, "recycled");
  program.advance(1_000);
  assert.deepEqual(look(), [false, true, false]);
  assert.deepEqual(
    history.ends.map(({ thread, kind, total }) => [thread, kind, total]),
    [["tiles-compute-0000", "lost", 1], ["tiles-compute-0001", "recycled", 1]],
  );
  program.advance(10_000);
  assert.deepEqual(look(), [false, true, false]);
  assert.ok(history.points.at(-1)!.afterGap);
  program.advance(10_000);
  assert.deepEqual(look(), [false, false, false]);
});

test("History begins anew with another process, and forgets what is too old", () => {
  const program = new SimulatedProgram({ workers: 1 });
  const history = new History();
  for (let n = 0; n < 400; n++) {
    history.add(program.snapshot());
    program.advance(1_000);
  }
  assert.equal(history.points.length, 301);
  const other = { ...program.snapshot(), pid: 1 };
  history.add(other);
  assert.deepEqual([history.points, history.ends], [[], []]);
  assert.deepEqual(endsBetween(other, other), []);
});

test("between() has the percentiles of what came between two snapshots", () => {
  const before = [{ endMs: 1, count: 1_000 }, { endMs: 4, count: 5 }];
  const now = [
    { endMs: 1, count: 1_000 },
    { endMs: 2, count: 98 },
    { endMs: 4, count: 6 },
    { endMs: 8, count: 1 },
  ];
  assert.deepEqual(between(before, now), { p50: 2, p99: 4 });
  assert.deepEqual(between([], now), { p50: 1, p99: 2 });
  assert.deepEqual(between(now, now), { p50: 0, p99: 0 });
});
