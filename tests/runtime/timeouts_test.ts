import assert from "node:assert/strict";
import {
  type CallOptions,
  LoomError,
  type LoomRuntime,
  TimeoutError,
} from "../../mod.ts";
import * as tasks from "../fixtures/tasks/cancelled.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

function newWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** Blocks the only worker until `release()`. */
async function blockWorker(runtime: LoomRuntime) {
  const words = newWords();
  const call = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0);
  }, words);
  while (Atomics.load(words, 0) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return async () => {
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    await call;
  };
}

test("timeoutMs counts from the start of the task, queueTimeoutMs from the call", async () => {
  await using runtime = await sharedRuntime(1);
  const release = await blockWorker(runtime);
  // Long enough for a worker that gets no CPU for a while.
  const limited = runtime.with({ timeoutMs: 500 });
  const calls = [1, 2, 3].map((n) =>
    limited.spawnCompute((n: number) => n + 1, n)
  );
  const words = newWords();
  const late = runtime.with({ queueTimeoutMs: 501 }).spawnCompute(
    (words: Int32Array) => Atomics.store(words, 0, 1),
    words,
  );
  await assert.rejects(late, {
    name: "TimeoutError",
    limit: "queueTimeoutMs",
    limitMs: 501,
    message:
      "Cannot start call: no worker has begun it within queueTimeoutMs, 501 ms; raise " +
      "queueTimeoutMs or the priority, add workers, or make fewer calls at once",
  });
  // The others have waited for longer than timeoutMs now.
  await release();
  assert.deepEqual(await Promise.all(calls), [2, 3, 4]);
  assert.equal(words[0], 0);
});

test("A task that exceeds timeoutMs is cancelled", async () => {
  await using runtime = await sharedRuntime(1);
  const words = newWords();
  const call = runtime.with({ timeoutMs: 5 }).spawnCompute(tasks.loop, words);
  const error = await call.catch((error) => error);
  assert.ok(error instanceof TimeoutError && error instanceof LoomError);
  assert.equal(
    error.message,
    "Cannot finish call: it has run for longer than timeoutMs, 5 ms; raise timeoutMs, or " +
      "split the work into shorter calls",
  );
  assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
  // It may have been importing its module.
  while (Atomics.load(words, 1) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
});

test("Calls with both limits end as they should when there is time", async () => {
  await using runtime = await sharedRuntime(1);
  const view = runtime.with({
    timeoutMs: 3_600_000,
    queueTimeoutMs: 3_600_000,
  });
  const values = await Promise.all(
    Array.from(
      { length: 100 },
      (_, n) =>
        view.spawnCompute(async (n: number) => await Promise.resolve(n), n),
    ),
  );
  assert.deepEqual(values, Array.from({ length: 100 }, (_, n) => n));
  await assert.rejects(
    view.spawnCompute(() => {
      throw new RangeError("on purpose");
    }),
    { name: "RangeError" },
  );
});

test("Options of calls are checked when a view is made", async () => {
  await using runtime = await sharedRuntime(1);
  const cases: [CallOptions, string][] = [
    [
      { timeoutMs: 0 },
      "Cannot set timeoutMs: it must be a number of milliseconds above 0, got 0; leave it out for no limit",
    ],
    [
      { queueTimeoutMs: NaN },
      "Cannot set queueTimeoutMs: it must be a number of milliseconds above 0, got NaN; leave it out for no limit",
    ],
    [
      { graceMs: -1 },
      "Cannot set graceMs: it must be a number of milliseconds from 0 on, got -1; leave it out for the default",
    ],
    [
      { signal: {} as AbortSignal },
      "Cannot set signal: it must be an AbortSignal, got object; pass the property signal of an AbortController",
    ],
    [
      { priority: "urgent" as "high" },
      'Cannot set priority: it must be one of "high", "normal", "low", got "urgent"; leave it out for "normal"',
    ],
    [
      { queue: true as unknown as "wait" },
      'Cannot set queue: it must be one of "reject", "wait", got boolean; leave it out for "reject"',
    ],
  ];
  for (const [options, message] of cases) {
    assert.throws(() => runtime.with(options), { message });
  }
});
