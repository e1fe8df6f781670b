import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { Mutex, RwLock, Semaphore, TimeoutError } from "../../lib/sync/mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

stressTest(
  "a mutex is held by one piece of code at a time, on any thread",
  async () => {
    await using runtime = await sharedRuntime(3);
    const mutex = new Mutex();
    const counts = runtime.alloc(Int32Array, 2);
    const times = sized(100, 5_000);
    const blocked = (mutex: Mutex, counts: Int32Array, times: number) => {
      for (let i = 0; i < times; i++) {
        const guard = mutex.lockSync();
        counts[0]++;
        counts[1] = 2 * counts[0];
        guard.unlock();
      }
    };
    const awaiting = async (
      mutex: Mutex,
      counts: Int32Array,
      times: number,
    ) => {
      for (let i = 0; i < times; i++) {
        const guard = await mutex.lock();
        counts[0]++;
        // Other code of this thread runs meanwhile.
        await Promise.resolve();
        counts[1] = 2 * counts[0];
        guard.unlock();
      }
    };
    // Code that blocks would wait for code on its own event loop, so one kind at a time.
    for (const fn of [blocked, awaiting]) {
      counts.fill(0);
      const calls = Array.from(
        { length: 5 },
        () => runtime.spawnCompute(fn, mutex, counts, times),
      );
      await Promise.all([
        ...calls,
        awaiting(mutex, counts, times),
        awaiting(mutex, counts, times),
      ]);
      assert.deepEqual([...counts], [7 * times, 14 * times]);
    }
    assert.equal(mutex.isLocked, false);
  },
);

test("an object arrives as the object of its class over the same memory, also in other values", async () => {
  await using runtime = await sharedRuntime(3);
  const mutex = new Mutex();
  const lock = new RwLock();
  const nested = { mutex, locks: [lock, lock] };
  // Each call runs on a worker that may not have seen the class before.
  const calls = Array.from({ length: 8 }, () =>
    runtime.spawnCompute(
      ({ mutex, locks }: typeof nested) => {
        const isLocked = mutex.isLocked;
        return { mutex, isLocked, isSame: locks[0] === locks[1] };
      },
      nested,
    ));
  using _guard = await mutex.lock();
  for (const { mutex: back, isSame } of await Promise.all(calls)) {
    assert.ok(back === mutex && back instanceof Mutex);
    assert.ok(isSame);
  }
  const isLocked = await runtime.spawnCompute(
    (mutex: Mutex) => mutex.isLocked && mutex.tryLock() === undefined,
    mutex,
  );
  assert.ok(isLocked);
  // From worker to worker.
  const relay = async (mutex: Mutex) =>
    await spawnCompute((mutex: Mutex) => mutex.isLocked, mutex);
  assert.ok(await runtime.spawnCompute(relay, mutex));
});

test("a lock comes in the order in which threads began to wait", async () => {
  await using runtime = await sharedRuntime(2);
  const mutex = new Mutex();
  const order = runtime.alloc(Int32Array, 4);
  const guard = await mutex.lock();
  const wait = async (mutex: Mutex, order: Int32Array, n: number) => {
    const locked = mutex.lock();
    Atomics.add(order, 0, 1);
    const guard = await locked;
    const place = Atomics.load(order, 1);
    order[2 + place] = n;
    Atomics.store(order, 1, place + 1);
    guard.unlock();
  };
  for (const n of [1, 2]) {
    const call = runtime.spawnCompute(wait, mutex, order, n);
    while (Atomics.load(order, 0) < n) await turn();
    if (n === 1) void call;
  }
  guard.unlock();
  while (Atomics.load(order, 1) < 2) await turn();
  assert.deepEqual([...order.subarray(2)].sort(), [1, 2]);
  assert.equal(order[2], 1);
});

test("a wait ends by its signal and by its time limit, and then takes no lock", async () => {
  await using runtime = await sharedRuntime(1);
  const mutex = new Mutex();
  const guard = await mutex.lock();
  const reason = new Error("gone");
  const controller = new AbortController();
  const aborted = mutex.lock({ signal: controller.signal });
  const limited = mutex.lock({ timeoutMs: 1 });
  controller.abort(reason);
  await assert.rejects(aborted, (error) => error === reason);
  await assert.rejects(limited, TimeoutError);
  await assert.rejects(mutex.lock({ signal: controller.signal }), /gone/);
  assert.throws(() => mutex.lockSync(), /code of this thread holds it/);
  const blocked = runtime.spawnCompute(
    (mutex: Mutex) => mutex.lockSync({ timeoutMs: 1 }) as unknown,
    mutex,
  );
  await assert.rejects(blocked, TimeoutError);
  await assert.rejects(mutex.lock({ timeoutMs: NaN }), RangeError);
  guard.unlock();
  guard.unlock();
  assert.equal(mutex.isLocked, false);
});

test("a lock has several readers or one writer, and a writer is not passed by", async () => {
  await using runtime = await sharedRuntime(1);
  const lock = new RwLock();
  const read = await lock.read();
  await runtime.spawnCompute((lock: RwLock) => lock.readSync().unlock(), lock);
  assert.equal(lock.tryWrite(), undefined);
  const written = lock.write();
  assert.equal(lock.tryRead(), undefined, "a writer waits");
  const after = lock.read();
  read.unlock();
  const guard = await written;
  assert.equal(lock.tryRead(), undefined);
  guard.unlock();
  (await after).unlock();
  lock.tryWrite()!.unlock();
});

test("a semaphore hands out its permits, and a large request is not passed by", async () => {
  await using runtime = await sharedRuntime(1);
  const semaphore = new Semaphore(3);
  const two = await semaphore.acquire(2);
  const three = semaphore.acquire(3);
  assert.equal(semaphore.tryAcquire(), undefined, "a request waits");
  two.release();
  two.release();
  const permit = await three;
  assert.equal(semaphore.available, 0);
  const waiting = runtime.spawnCompute(
    (semaphore: Semaphore) => {
      const permit = semaphore.acquireSync();
      permit.forget();
      return permit.count;
    },
    semaphore,
  );
  permit.release();
  assert.equal(await waiting, 1);
  assert.equal(semaphore.available, 2);
  semaphore.add(1);
  assert.equal(semaphore.available, 3);
  assert.throws(() => new Semaphore(-1), RangeError);
  await assert.rejects(semaphore.acquire(0.5), RangeError);
});

/** Lets timers and I/O run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
