import assert from "node:assert/strict";
import { buildModel } from "@tracerbench/trace-model";
import {
  currentRuntime,
  type LoomRuntime,
  parRange,
  type TraceDocument,
  type TraceEvent,
} from "../../mod.ts";
import { recentCalls } from "../../lib/trace/trace.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

function square(n: number): number {
  return n * n;
}

function fail(): never {
  throw new RangeError("negative");
}

/** Makes a call of its own. */
async function outer(n: number): Promise<number> {
  return await currentRuntime().spawnCompute(function inner(m: number) {
    return m + 1;
  }, n);
}

/** Blocks its worker until somebody writes into the word. */
function hold(words: Int32Array): void {
  Atomics.wait(words, 0, 0);
}

/** Traces a runtime that does the same until the trace has ended. */
async function traceOf(
  runtime: LoomRuntime,
  ms: number,
  work: () => Promise<unknown>,
): Promise<TraceDocument> {
  let isOver = false;
  const tracing = runtime.trace(ms).finally(() => isOver = true);
  while (!isOver) await work();
  return await tracing;
}

const isWithin = (inner: TraceEvent, outer: TraceEvent) =>
  inner.pid === outer.pid && inner.tid === outer.tid &&
  inner.ts >= outer.ts && inner.ts <= outer.ts + outer.dur!;

test("A trace has a track for each thread, and an arrow for each call", async () => {
  await using runtime = await unpinned(2).build();
  const words = new Int32Array(new SharedArrayBuffer(4));
  // Begins before the trace, and goes on after it.
  const held = runtime.spawnCompute(hold, words);
  const work = async () => {
    await runtime.spawnCompute(square, 3);
    await runtime.spawnCompute(fail).catch(() => {});
    await runtime.spawnCompute(outer, 1);
    // On workers, whatever help has cost before.
    await runtime.install(() =>
      parRange(0, 100_000).map((n) => n % 7).sumAsync()
    );
  };
  // The first calls load what tasks use, for which the trace may be too short.
  await work();
  const document = await traceOf(runtime, 200, work);
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  await held;
  // As it is read from a file.
  const text = JSON.stringify(document);
  const { traceEvents, otherData }: TraceDocument = JSON.parse(text);
  const { processes } = buildModel(JSON.parse(text));
  assert.deepEqual(processes.map(({ id }) => id), [traceEvents[0].pid]);
  const tracks = new Map(
    processes[0].threads.map(({ name, events }) => [name, events]),
  );
  const names = runtime.threads().map(({ name }) => name);
  for (const name of names) assert.ok(tracks.get(name) !== undefined, name);
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  const named = (name: string) => slices.filter((slice) => slice.name === name);
  // The trace may end while one runs.
  const failed = named("fail").filter(({ args }) => !args?.unfinished);
  for (const { args } of failed) assert.equal(args?.failed, true);
  for (const { args } of named("square")) assert.equal(args?.failed, undefined);
  for (const name of ["square", "fail", "outer", "inner"]) {
    assert.ok(named(name).length > 0, name);
    for (const { cat } of named(name)) assert.equal(cat, "call");
  }
  assert.ok(named("inner").every(({ args }) => args?.caller !== names[0]));
  assert.ok(slices.some(({ cat }) => cat === "loop"));
  const [unfinished, ...others] = named("hold");
  assert.deepEqual([unfinished.args?.unfinished, others], [true, []]);
  assert.ok(unfinished.dur! >= 150_000);
  checkArrows(traceEvents);
  assert.equal(otherData.lostEvents, 0);
});

/** Each arrow leads from a submission to the call on a worker. */
function checkArrows(events: readonly TraceEvent[]): void {
  const slices = events.filter(({ ph }) => ph === "X");
  const ends = new Map(
    events.filter(({ ph }) => ph === "f").map((end) => [end.id, end]),
  );
  const starts = events.filter(({ ph }) => ph === "s");
  assert.ok(starts.length > 0);
  assert.equal(new Set(starts.map(({ id }) => id)).size, ends.size);
  assert.equal(starts.length, ends.size);
  for (const start of starts) {
    const end = ends.get(start.id)!;
    const from = slices.find((slice) =>
      slice.cat === "submit" && isWithin(start, slice)
    );
    const to = slices.find((slice) =>
      slice.cat === "call" && slice.ts === end.ts && slice.tid === end.tid
    );
    assert.equal(from?.name, `submit ${to?.name}`);
    // The clocks of two threads may differ a little.
    assert.ok(start.ts <= end.ts + 10);
    assert.equal(end.bp, "e");
  }
}

test("What is on one track never overlaps, but for what is inside of other", async () => {
  await using runtime = await unpinned(1).build();
  const pause = (ms: number) => new Promise((end) => setTimeout(end, ms));
  const { traceEvents } = await traceOf(
    runtime,
    50,
    () =>
      Promise.all([1, 2, 3].flatMap((ms) => [
        runtime.spawnCompute(pause, ms),
        runtime.spawnCompute(square, ms),
      ])),
  );
  const slices = traceEvents.filter(({ ph }) => ph === "X");
  const tracks = Map.groupBy(slices, ({ tid }) => tid);
  // The pauses of one worker overlap.
  assert.ok(tracks.size > 1);
  for (const track of tracks.values()) {
    const open: TraceEvent[] = [];
    for (const slice of track) {
      while (open.length > 0 && !isWithin(slice, open.at(-1)!)) open.pop();
      const endOf = ({ ts, dur }: TraceEvent) => ts + dur!;
      const outer = open.at(-1);
      if (outer !== undefined && slice.ts < endOf(outer)) {
        assert.ok(endOf(slice) <= endOf(outer) + 1e-6);
      }
      open.push(slice);
    }
  }
});

test("The latest calls are all there, once threads record", async () => {
  await using runtime = await unpinned(2).build();
  // Begins to record. A worker that spins may take one more call before it does.
  recentCalls(runtime.traced, 0);
  await runtime.onEachWorker(() => {});
  const { nowMs } = recentCalls(runtime.traced, 0);
  for (let n = 0; n < 100; n++) await runtime.spawnCompute(square, n);
  await runtime.spawnCompute(fail).catch(() => {});
  const { slices, isCut } = recentCalls(runtime.traced, nowMs);
  assert.equal(isCut, false);
  const counts = Map.groupBy(slices, ({ task, failed }) => `${task} ${failed}`);
  assert.deepEqual(
    [...counts].map(([name, { length }]) => [name, length]).sort(),
    [["fail true", 1], ["square false", 100]],
  );
  const [main] = runtime.threads();
  assert.ok(slices.every(({ caller }) => caller === main.name));
  assert.deepEqual(recentCalls(runtime.traced, Infinity).slices, []);
});

test("trace() refuses times that make no sense, and calls on workers", async () => {
  await using runtime = await unpinned(1).build();
  await assert.rejects(runtime.trace(-1), {
    name: "RangeError",
    message:
      "Cannot trace: the time must be from 0 to 600000 milliseconds, got -1",
  });
  await assert.rejects(
    runtime.spawnCompute(async () => {
      await currentRuntime().trace(1);
    }),
    { message: /^Cannot trace: this thread is a worker/ },
  );
});
