import assert from "node:assert/strict";
import {
  currentRuntime,
  type LoomRuntime,
  WorkerLostError,
} from "../../mod.ts";
import { positionOfKey } from "../../lib/calls/key.ts";
import { fibByKey } from "../fixtures/tasks/nested.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const WORKERS = 3;
const ROUNDS = sized(2, 40);

/** A number that only this worker has, and none before it. */
function identity(): string {
  const scope = globalThis as { identity?: string };
  return scope.identity ??= crypto.randomUUID();
}

/** Blocks the worker until word 0 is set; then ends it, if `ends`. */
function block(words: Int32Array, ends: boolean): void {
  Atomics.store(words, 1, 1);
  Atomics.wait(words, 0, 0);
  if (ends) process.exit(3);
}

function release(words: Int32Array): void {
  Atomics.store(words, 0, 1);
  Atomics.notify(words, 0);
}

/** Blocks the worker of a key; resolves when it is blocked, to the call. */
async function blockWorkerOf(
  key: number,
  runtime: LoomRuntime,
  ends: boolean,
) {
  const words = new Int32Array(new SharedArrayBuffer(8));
  const call = runtime.with({ key }).spawnCompute(block, words, ends);
  call.catch(() => {});
  while (Atomics.load(words, 1) === 0) {
    await new Promise((resolve) => setTimeout(resolve));
  }
  return { call, release: () => release(words) };
}

/** A key of each worker, by the worker's position. */
const KEYS = Array.from({ length: WORKERS }, (_, position) => {
  let key = 0;
  while (positionOfKey(key, WORKERS) !== position) key++;
  return key;
});

test("onEachWorker() returns the results of all workers in their order, also of a busy one", async () => {
  await using runtime = await sharedRuntime(WORKERS);
  const before = await runtime.onEachWorker(identity);
  assert.equal(new Set(before).size, WORKERS);
  const busy = await blockWorkerOf(KEYS[1], runtime, false);
  const during = runtime.onEachWorker(identity);
  assert.equal(
    await runtime.with({ key: KEYS[0] }).spawnCompute(identity),
    before[0],
  );
  busy.release();
  assert.deepEqual(await during, before);
  assert.deepEqual(
    await runtime.onEachWorker((a: number, b: { c: number }) => a + b.c, 1, {
      c: 2,
    }),
    [3, 3, 3],
  );
});

test("onEachWorker() in a task runs on the worker of the task, too", async () => {
  await using runtime = await sharedRuntime(WORKERS);
  const workers = await runtime.onEachWorker(identity);
  for (const key of KEYS) {
    assert.deepEqual(
      await runtime.with({ key }).spawnCompute(async () => {
        const identity = () => (globalThis as { identity?: string }).identity;
        return await currentRuntime().onEachWorker(identity);
      }),
      workers,
    );
  }
});

test("onEachWorker() rejects when a worker ends or an argument cannot be sent", async () => {
  await using runtime = await sharedRuntime(WORKERS);
  const before = await runtime.onEachWorker(identity);
  await assert.rejects(
    runtime.onEachWorker((last: string) => {
      if ((globalThis as { identity?: string }).identity === last) {
        process.exit(3);
      }
    }, before[2]),
    WorkerLostError,
  );
  const after = await runtime.onEachWorker(identity);
  assert.deepEqual(after.slice(0, 2), before.slice(0, 2));
  assert.notEqual(after[2], before[2]);
  await assert.rejects(
    runtime.onEachWorker((_: () => void) => {}, () => {}),
    { name: "DataCloneError" },
  );
});

test("Calls with a key run on its worker, and do not keep others from working", async () => {
  await using runtime = await sharedRuntime(WORKERS);
  const workers = await runtime.onEachWorker(identity);
  for (const [position, key] of KEYS.entries()) {
    const view = runtime.with({ key });
    const calls = Array.from({ length: 50 }, () => view.spawnCompute(identity));
    assert.deepEqual(
      new Set(await Promise.all(calls)),
      new Set([workers[position]]),
    );
  }
  const busy = await blockWorkerOf(KEYS[0], runtime, false);
  const waiting = runtime.with({ key: KEYS[0] }).spawnCompute(identity);
  for (let n = 0; n < 20; n++) {
    assert.notEqual(await runtime.spawnCompute(identity), workers[0]);
  }
  busy.release();
  assert.equal(await waiting, workers[0]);
});

test("computeMap() calls the worker of each item's key, and ends when there is none", async () => {
  await using runtime = await sharedRuntime(WORKERS);
  const workers = await runtime.onEachWorker(identity);
  const items = Array.from({ length: 60 }, (_, n) => n);
  const ran = runtime.computeMap(items, (n: number) => {
    const scope = globalThis as { identity?: string };
    return { n, worker: scope.identity };
  }, { key: (n) => KEYS[n % WORKERS] });
  let count = 0;
  for await (const { n, worker } of ran) {
    assert.equal(n, count++);
    assert.equal(worker, workers[n % WORKERS]);
  }
  assert.equal(count, items.length);
  const failing = runtime.computeMap(items, (n: number) => n, {
    key: (n) => {
      if (n === 1) throw new RangeError("no key");
      return n;
    },
  });
  assert.equal((await failing.next()).value, 0);
  await assert.rejects(failing.next(), { message: "no key" });
  const key = {} as number;
  assert.throws(
    () => runtime.with({ key }),
    {
      name: "TypeError",
      message: "Cannot use key: it must be a string or a number, got object",
    },
  );
});

stressTest(
  "Calls that wait for a worker which ends run on its replacement",
  async () => {
    await using runtime = await sharedRuntime(WORKERS);
    for (let round = 0; round < ROUNDS; round++) {
      const before = await runtime.onEachWorker(identity);
      const position = round % WORKERS;
      const key = KEYS[position];
      const busy = await blockWorkerOf(key, runtime, true);
      const view = runtime.with({ key });
      const calls = Array.from(
        { length: 20 },
        () => view.spawnCompute(identity),
      );
      busy.release();
      await assert.rejects(busy.call, WorkerLostError);
      const [first, ...others] = new Set(await Promise.all(calls));
      assert.deepEqual(others, []);
      const after = await runtime.onEachWorker(identity);
      assert.equal(after[position], first);
      assert.notEqual(first, before[position]);
      assert.ok(runtime.isIdle());
    }
  },
);

stressTest(
  "A worker that ends leaves the calls that it made for other workers, and its replacement makes more",
  async () => {
    await using runtime = await sharedRuntime(WORKERS);
    for (let round = 0; round < ROUNDS; round++) {
      const caller = runtime.with({ key: KEYS[round % WORKERS] });
      const key = KEYS[(round + 1) % WORKERS];
      const busy = await blockWorkerOf(key, runtime, false);
      const lost = caller.spawnCompute((key: number) => {
        const view = currentRuntime().with({ key });
        const count = () => {
          const scope = globalThis as { count?: number };
          scope.count = (scope.count ?? 0) + 1;
        };
        for (let n = 0; n < 10; n++) void view.spawnCompute(count);
        process.exit(3);
      }, key);
      await assert.rejects(lost, WorkerLostError);
      busy.release();
      const count = await caller.spawnCompute(
        (key: number) =>
          currentRuntime().with({ key }).spawnCompute(() => {
            const scope = globalThis as { count?: number };
            const { count } = scope;
            scope.count = 0;
            return count;
          }),
        key,
      );
      assert.equal(count, 10);
    }
  },
);

test("Nested calls with keys that find no slot do not wait for each other", async () => {
  await using runtime = await unpinned(2).computePoolSize(16).build();
  assert.equal(await runtime.spawnCompute(fibByKey, 12), 144);
});
