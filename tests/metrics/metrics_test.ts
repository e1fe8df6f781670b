import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import process from "node:process";
import {
  type LoomRuntime,
  type RuntimeMetrics,
  type ThreadMetrics,
  type WorkerEvent,
  WorkerLostError,
} from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const CALLS = 10_000;
const FAILURES = 100;
const CANCELLED = 50;
const DEATHS = 3;

function total(
  { threads }: RuntimeMetrics,
  count: (thread: ThreadMetrics) => number,
): number {
  return threads.reduce((sum, thread) => sum + count(thread), 0);
}

function work(n: number): number {
  if (n < 0) throw new RangeError("negative");
  return n;
}

function die(): void {
  process.exit(3);
}

/** Waits, in the event loop, until somebody writes into the word. */
async function hold(words: Int32Array): Promise<void> {
  await Atomics.waitAsync(words, 0, 0).value;
}

/** Makes the calls, and returns how many of them were rejected. */
async function load(runtime: LoomRuntime): Promise<number> {
  const calls: Promise<unknown>[] = [];
  const others = CANCELLED + DEATHS;
  for (let n = 0; n < CALLS - others; n++) {
    calls.push(runtime.spawnCompute(work, n < FAILURES ? -1 : n));
  }
  const words = new Int32Array(new SharedArrayBuffer(4));
  const abort = new AbortController();
  const { signal } = abort;
  for (let n = 0; n < CANCELLED; n++) {
    calls.push(runtime.with({ signal }).spawnCompute(hold, words));
  }
  const settled = Promise.allSettled(calls);
  abort.abort();
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
  let rejected = 0;
  for (const { status } of await settled) if (status === "rejected") rejected++;
  for (let n = 0; n < DEATHS; n++) {
    await assert.rejects(runtime.spawnCompute(die), WorkerLostError);
  }
  return rejected + DEATHS;
}

test("metrics() adds up: 10,000 calls with failures, cancellations and deaths", async () => {
  const lost: WorkerEvent[] = [];
  const note = (event: unknown) => lost.push(event as WorkerEvent);
  subscribe("loom:worker:lost", note);
  await using runtime = await unpinned(2).build();
  assert.equal(await load(runtime), FAILURES + CANCELLED + DEATHS);
  // Cancelled calls settle at once, but hold their slots until their workers have answered.
  while (runtime.metrics().inFlight !== 0) await runtime.spawnCompute(work, 0);
  const metrics = runtime.metrics();
  unsubscribe("loom:worker:lost", note);
  const settled = total(metrics, ({ settledCalls }) => settledCalls);
  const extra = settled - CALLS;
  assert.ok(extra >= 0);
  assert.equal(
    total(metrics, ({ cancelledCalls }) => cancelledCalls),
    CANCELLED,
  );
  assert.equal(total(metrics, ({ lostCalls }) => lostCalls), DEATHS);
  assert.equal(total(metrics, ({ failed }) => failed), FAILURES);
  assert.equal(total(metrics, ({ lost }) => lost), DEATHS);
  assert.deepEqual(lost.length, DEATHS);
  const taskOf = (wanted: string) =>
    metrics.tasks.find(({ name }) => name === wanted)!;
  const { runs, failed } = taskOf("work");
  assert.deepEqual(
    [runs, failed, taskOf("die").runs],
    [CALLS - CANCELLED - DEATHS + extra, FAILURES, DEATHS],
  );
  assert.equal(metrics.compute.queued + metrics.compute.running, 0);
});

test("The times of a slow function are exact, and those of a short one are sampled", async () => {
  await using runtime = await unpinned(1).build();
  const pause = (ms: number) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };
  const before = runtime.metrics();
  // The second call waits for the first.
  await Promise.all([20, 20].map((ms) => runtime.spawnCompute(pause, ms)));
  const { tasks, ...after } = runtime.metrics();
  assert.equal(tasks[0].runs, 2);
  assert.ok(tasks[0].totalMs >= 39 && tasks[0].maxMs >= 19.5);
  const [run, queue, latency] = [
    after.runTime.since(before.runTime),
    after.queueTime.since(before.queueTime),
    after.latency.since(before.latency),
  ];
  assert.deepEqual([run.count, queue.count, latency.count], [2, 2, 2]);
  assert.ok(queue.maxMs >= 19 && latency.maxMs >= queue.maxMs + 19);
  assert.ok(after.threads[1].busyMs - before.threads[1].busyMs >= 39);
  const square = (n: number) => n * n;
  for (let n = 0; n < 2000; n++) await runtime.spawnCompute(square, n);
  const { runTime } = runtime.metrics();
  // The first, then each that stands for a lap of the slots in the sample.
  const shorts = runTime.count - 2;
  assert.ok(shorts > 1000 && shorts < 3000, `${shorts} runs`);
});

test("metrics() counts bytes, items, loops and what memory is for", async () => {
  await using runtime = await unpinned(1).build();
  const size = (bytes: Uint8Array) => bytes.length;
  await runtime.spawnCompute(size, new Uint8Array(100_000));
  await runtime.spawnCompute(size, new Uint8Array(new SharedArrayBuffer(5000)));
  const [main] = runtime.metrics().threads;
  assert.ok(main.sentBytes >= 100_000 && main.sentBytes < 110_000);
  assert.equal(main.sharedBytes, 5000);
  assert.ok(runtime.metrics().arenaBytes >= 100_000);
  const items = Array.from({ length: 500 }, (_, n) => n);
  const doubled = (n: number) => n * 2;
  for await (const _ of runtime.computeMap(items, doubled));
  const { runs } = runtime.metrics().tasks.find(({ name }) =>
    name.startsWith("(n) => n * 2") || name.includes("n * 2")
  )!;
  assert.equal(runs, 500);
});
