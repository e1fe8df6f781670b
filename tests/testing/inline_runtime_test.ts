import assert from "node:assert/strict";
import {
  CapturedVariableError,
  currentRuntime,
  currentSignal,
  currentWorker,
  join,
  parIter,
  PayloadTooLargeError,
  QueueFullError,
  report,
  ShutdownError,
  spawnCompute,
  type Task,
  task,
  TimeoutError,
  tryCurrentRuntime,
  WorkerLostError,
} from "../../mod.ts";
import { Channel, Mutex } from "../../lib/sync/mod.ts";
import { inlineRuntime } from "../../lib/testing/mod.ts";
import { test } from "../support/test.ts";

const HOUR = 3_600_000;

/** Uses its module, so it cannot be sent as text. */
const hours: Task<[ms: number], number> = task(
  import.meta.url,
  function hours(ms: number): number {
    return ms / HOUR;
  },
);

function square(n: number): number {
  return n * n;
}

/** Each attempt waits twice as long as the last. */
async function retry(attempts: number): Promise<number> {
  for (let n = 0; n < attempts; n++) {
    await new Promise((resolve) => setTimeout(resolve, 1000 * 2 ** n));
  }
  return Date.now();
}

async function forever(): Promise<void> {
  await new Promise(() => {});
}

test("an inline runtime does the same for a seed on each JavaScript runtime", async () => {
  await using runtime = await inlineRuntime({ seed: 7, prefix: "t" });
  const urgent = runtime.with({ priority: "high", timeoutMs: HOUR });
  const calls = [
    runtime.spawnCompute(square, 1),
    runtime.spawnCompute(hours, 2 * HOUR),
    runtime.spawnCompute(async function nested(n: number) {
      return await currentRuntime().spawnCompute((n: number) => n + 1, n);
    }, 5),
    runtime.spawnCompute(retry, 3),
    urgent.spawnCompute(forever).catch((error) => error.limit),
    runtime.with({ key: "k" }).spawnCompute(square, 2),
  ];
  await runtime.clock.advance(2 * HOUR);
  const results = await Promise.all(calls);
  const letters = [];
  for await (const letter of runtime.computeStream(() => "ab")) {
    letters.push(letter);
  }

  assert.deepEqual(results, [1, 2, 6, 946_684_807_000, "timeoutMs", 4]);
  assert.deepEqual(letters, ["a", "b"]);
  assert.deepEqual(runtime.steps, STEPS);
});

/** What the threads do in the test above. */
const STEPS: readonly string[] = [
  "0 t-compute-0000 takes forever",
  "0 t-compute-0000 runs forever",
  "0 t-compute-0001 takes square",
  "0 t-compute-0001 runs square",
  "0 t-compute-0000 takes square",
  "0 t-compute-0000 runs square",
  "0 t-compute-0000 takes hours",
  "0 main settles 2",
  "0 t-compute-0001 takes nested",
  "0 t-compute-0001 runs nested",
  "0 t-compute-0000 runs hours",
  "0 main settles 1",
  "0 t-compute-0001 takes task 6",
  "0 t-compute-0001 runs task 6",
  "0 t-compute-0000 takes retry",
  "0 t-compute-0000 runs retry",
  "0 t-compute-0001 settles 1",
  "0 main settles 1",
  "7000 main settles 1",
  "3601000 t-compute-0000 is replaced",
  "3601000 main settles 1",
  "7200000 main settles 0",
  "7200000 t-compute-0001 takes serveStream",
  "7200000 t-compute-0001 runs serveStream",
  "7200000 main settles 2",
];

test("another seed is another order, and the same seed the same", async () => {
  const orderFor = async (seed: number) => {
    await using runtime = await inlineRuntime({ seed, computeThreads: 3 });
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4, 5, 6].map(async (n) => {
      await runtime.spawnCompute(square, n);
      order.push(n);
    }));
    return `${order}`;
  };
  const orders = new Set<string>();
  for (let seed = 0; seed < 8; seed++) orders.add(await orderFor(seed));
  assert.ok(orders.size > 1);
  assert.equal(await orderFor(3), await orderFor(3));
});

test("values, functions and errors cross as between threads", async () => {
  await using runtime = await inlineRuntime({ maxPayloadBytes: 4096 });
  const sent = { list: [1], when: new Date(0), method() {} };
  const { list, when } = sent;
  const result = await runtime.spawnCompute((copy) => {
    copy.list.push(2);
    return copy;
  }, { list, when });
  assert.deepEqual(result, { list: [1, 2], when });
  assert.deepEqual(list, [1]);
  await assert.rejects(runtime.spawnCompute(() => list), CapturedVariableError);
  await assert.rejects(
    runtime.spawnCompute((value) => value, sent as unknown),
    { name: "DataCloneError" },
  );
  await assert.rejects(
    runtime.spawnCompute((bytes) => bytes, new Uint8Array(8192)),
    PayloadTooLargeError,
  );
  const failed = await runtime.spawnCompute(() => {
    throw new RangeError("on purpose", { cause: 1 });
  }).catch((error: unknown) => error);
  assert.ok(failed instanceof RangeError);
  assert.equal(failed.cause, 1);
  const shared = runtime.alloc(Int32Array, 1);
  await runtime.spawnCompute((words) => void Atomics.add(words, 0, 5), shared);
  assert.equal(shared[0], 5);
});

test("tasks find their worker, and parallel operations run in them", async () => {
  await using runtime = await inlineRuntime({ prefix: "t", asyncThreads: 2 });
  assert.equal(tryCurrentRuntime(), runtime);
  assert.deepEqual(
    await runtime.onEachWorker(async () => {
      await Promise.resolve();
      return `${currentWorker()?.name} of ${currentRuntime().computeThreads}`;
    }),
    ["t-compute-0000 of 2", "t-compute-0001 of 2"],
  );
  assert.equal(currentWorker(), undefined);
  assert.equal(await runtime.spawnAsync(hours, HOUR), 1);
  const double = (n: number) => n * 2;
  assert.equal(parIter([1, 2, 3]).map(double).sum(), 12);
  assert.equal(await parIter([1, 2, 3]).map(double).sumAsync(), 12);
  const both = await runtime.spawnCompute(() => {
    const sum = parIter([1, 2, 3]).map((n) => n + 1).sum();
    return join([(n: number) => n, sum], [(n: number) => n, 5]);
  });
  assert.deepEqual(both, [9, 5]);
  const mapped = [];
  for await (const n of runtime.computeMap([1, 2, 3], square)) mapped.push(n);
  assert.deepEqual(mapped, [1, 4, 9]);
});

test("an inline runtime keeps its limits, and reports what it does", async () => {
  await using runtime = await inlineRuntime({
    computeThreads: 1,
    maxQueuedCalls: 1,
    callsPerWorker: 1,
  });
  const seen: unknown[] = [];
  const view = runtime.with({ onProgress: (value) => seen.push(value) });
  const progress = await view.spawnCompute((n: number) => report(n), 3);
  assert.equal(progress, undefined);
  assert.deepEqual(seen, [3]);
  const wait = (ms: number) => new Promise((go) => setTimeout(go, ms));
  const calls = [runtime.spawnCompute(wait, HOUR)];
  await runtime.clock.advance(0);
  calls.push(runtime.spawnCompute(wait, HOUR));
  const refused = runtime.spawnCompute(square, 1);
  await assert.rejects(refused, QueueFullError);
  assert.equal(runtime.trySpawnCompute(square, 1), undefined);
  await runtime.clock.advance(0);
  const { queued, running } = runtime.stats().compute;
  assert.deepEqual([queued, running], [1, 1]);
  await runtime.clock.advance(2 * HOUR);
  await Promise.all(calls);
});

test("cancelled calls see it, and a worker that goes on is replaced", async () => {
  await using runtime = await inlineRuntime({
    computeThreads: 1,
    cancelGraceMs: 5000,
  });
  const abort = new AbortController();
  const polite = runtime.with({ signal: abort.signal }).spawnCompute(
    async () => {
      const { signal } = { signal: currentSignal() };
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
      await spawnCompute(() => Object.assign(globalThis, { polite: true }));
    },
  );
  await runtime.clock.advance(0);
  abort.abort(new RangeError("enough"));
  await assert.rejects(polite, RangeError);
  await runtime.clock.advance(1000);
  assert.equal(Reflect.get(globalThis, "polite"), true);
  Reflect.deleteProperty(globalThis, "polite");

  const late = runtime.with({ queueTimeoutMs: HOUR });
  const stuck = runtime.with({ timeoutMs: HOUR }).spawnCompute(forever);
  const beside = runtime.spawnCompute(forever);
  const ends = [assert.rejects(stuck, TimeoutError)];
  ends.push(assert.rejects(beside, WorkerLostError));
  await runtime.clock.advance(HOUR + 5000);
  await Promise.all(ends);
  assert.equal(await late.spawnCompute(square, 3), 9);
});

test("what a task leaves in a timer rejects its call", async () => {
  await using runtime = await inlineRuntime();
  const call = runtime.spawnCompute(async (ms: number) => {
    setTimeout(() => {
      throw new RangeError("in a timer");
    }, ms);
    await new Promise(() => {});
  }, HOUR);
  const rejected = assert.rejects(call, /in a timer/);
  await runtime.clock.advance(HOUR);
  await rejected;
});

test("locks and channels connect inline workers, and blocking is an error", async () => {
  await using runtime = await inlineRuntime();
  const mutex = new Mutex();
  const channel = new Channel<number>(1);
  const send = async (mutex: Mutex, channel: Channel<number>, n: number) => {
    using _guard = await mutex.lock();
    for (let i = 0; i < 3; i++) await channel.send(n + i);
  };
  const sent = [10, 20].map((n) =>
    runtime.spawnCompute(send, mutex, channel, n)
  );
  const got: number[] = [];
  for (let i = 0; i < 6; i++) got.push((await channel.receive()).value!);
  await Promise.all(sent);
  assert.deepEqual(got.toSorted(), [10, 11, 12, 20, 21, 22]);
  using _guard = await mutex.lock();
  await assert.rejects(
    runtime.spawnCompute((mutex) => {
      using _guard = mutex.lockSync();
    }, mutex),
    /Cannot block/,
  );
  const waits = assert.rejects(mutex.lock({ timeoutMs: HOUR }), TimeoutError);
  await runtime.clock.advance(HOUR);
  await waits;
});

test("a shutdown waits for calls in no time, and only as long as it may", async () => {
  const runtime = await inlineRuntime();
  const call = runtime.spawnCompute(retry, 12);
  await runtime.blockUntilIdle();
  assert.equal(typeof await call, "number");
  await assert.rejects(runtime.spawnCompute(square, 1), ShutdownError);
  assert.equal(tryCurrentRuntime(), undefined);

  const hasty = await inlineRuntime();
  const cut = assert.rejects(hasty.spawnCompute(retry, 12), ShutdownError);
  await hasty.blockUntilIdle({ graceMs: 1000 });
  await cut;
  assert.equal(hasty.clock.now(), 1000);
});

test("the names of a thread go by the clock until that is disposed of", async () => {
  await using runtime = await inlineRuntime({ date: new Date(0) });
  const real = [setTimeout, Date, performance, AbortSignal];
  {
    using _globals = runtime.clock.replaceGlobals();
    const signal = AbortSignal.timeout(HOUR);
    const ticks: number[] = [];
    const timer = setInterval(() => {
      if (ticks.push(Date.now()) === 3) clearInterval(timer);
    }, 1000);
    const call = runtime.with({ signal }).spawnCompute(forever);
    const ended = assert.rejects(call, { name: "TimeoutError" });
    await runtime.clock.advance(HOUR);
    await ended;
    assert.deepEqual(ticks, [1000, 2000, 3000]);
    assert.equal(new Date().toISOString(), "1970-01-01T01:00:00.000Z");
    assert.equal(performance.now(), HOUR);
    assert.ok(new Date() instanceof Date);
  }
  assert.deepEqual([setTimeout, Date, performance, AbortSignal], real);
});

test("with the clock of the machine, timers fire by themselves", async () => {
  await using runtime = await inlineRuntime({ clock: "machine" });
  const call = runtime.spawnCompute(retry, 0);
  assert.ok(await call > 1_700_000_000_000);
  await assert.rejects(
    runtime.with({ timeoutMs: 1, graceMs: 1 }).spawnCompute(forever),
    TimeoutError,
  );
  await assert.rejects(runtime.clock.advance(1), /Cannot advance clock/);
});
