import assert from "node:assert/strict";
import {
  Barrier,
  Channel,
  HolderLostError,
  Latch,
  Mutex,
  RwLock,
  Semaphore,
  ShutdownError,
} from "../../lib/sync/mod.ts";
import { WorkerLostError } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test("a lock whose holder's thread ends fails until it is recovered", async () => {
  await using runtime = await unpinned(1).build();
  const mutex = new Mutex();
  const lock = new RwLock();
  const semaphore = new Semaphore(2);
  const die = async (mutex: Mutex, lock: RwLock, semaphore: Semaphore) => {
    await mutex.lock();
    await lock.write();
    await semaphore.acquire();
    // The caller waits before this thread ends.
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.exit();
  };
  const call = runtime.spawnCompute(die, mutex, lock, semaphore);
  const lost = assert.rejects(call, WorkerLostError);
  while (!mutex.isLost && semaphore.available === 2) await turn();
  await assert.rejects(mutex.lock(), HolderLostError);
  await lost;
  assert.ok(mutex.isLost && lock.isLost);
  // On the replacement as well, and in each way of locking.
  const refused = runtime.spawnCompute(
    (mutex: Mutex) => mutex.lockSync() as unknown,
    mutex,
  );
  await assert.rejects(refused, HolderLostError);
  assert.throws(() => mutex.tryLock(), HolderLostError);
  await assert.rejects(lock.read(), HolderLostError);
  assert.equal(semaphore.available, 2);
  {
    using guard = await mutex.recover();
    assert.ok(guard.wasLost);
  }
  assert.equal((await mutex.recover()).wasLost, false);
  assert.ok((await lock.recover()).wasLost);
  assert.equal(lock.isLost, false);
});

test("a blocked thread gets a lock whose holder's thread ends", async () => {
  await using runtime = await unpinned(1).build();
  const lock = new RwLock();
  const held = new Latch(1);
  const read = async (lock: RwLock, held: Latch) => {
    await lock.read();
    held.countDown();
    process.exit();
  };
  const lost = assert.rejects(
    runtime.spawnCompute(read, lock, held),
    WorkerLostError,
  );
  await held.wait();
  // Blocks the main thread, which would learn of the end by an event only.
  lock.writeSync({ timeoutMs: 30_000 }).unlock();
  assert.equal(lock.isLost, false, "reading changes nothing");
  await lost;
});

test("the others at a barrier fail when a thread that has arrived ends", async () => {
  await using runtime = await unpinned(2).build();
  const barrier = new Barrier(3);
  const words = new Int32Array(new SharedArrayBuffer(4));
  const arrive = (barrier: Barrier, words: Int32Array) => {
    Atomics.store(words, 0, 1);
    return barrier.waitSync();
  };
  const leave = async (barrier: Barrier) => {
    const arrived = barrier.wait();
    // Nothing tells when the other thread has arrived: it is about to.
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.exit();
    await arrived;
  };
  const blocked = runtime.spawnCompute(arrive, barrier, words);
  // Now it blocks its worker, so the other one runs the next call.
  while (words[0] === 0) await turn();
  const calls = [runtime.spawnCompute(leave, barrier), blocked];
  await Promise.allSettled(calls).then(([lost, failed]) => {
    assert.ok(
      (lost as PromiseRejectedResult).reason instanceof WorkerLostError,
    );
    const { reason } = failed as PromiseRejectedResult;
    assert.ok(reason instanceof HolderLostError);
  });
  const anew = [1, 2].map(() => runtime.spawnCompute(arrive, barrier, words));
  const leaders = await Promise.all([barrier.wait(), ...anew]);
  assert.equal(leaders.filter((isLeader) => isLeader).length, 1);
});

test("a barrier can be used again, and a wait that ends has not arrived", async () => {
  await using runtime = await unpinned(1).build();
  const barrier = new Barrier(2);
  await assert.rejects(barrier.wait({ timeoutMs: 1 }), /longer than 1 ms/);
  const meet = async (barrier: Barrier) => {
    let led = 0;
    for (let i = 0; i < 50; i++) if (await barrier.wait()) led++;
    return led;
  };
  const call = runtime.spawnCompute(meet, barrier);
  assert.equal(await meet(barrier) + await call, 50);
});

test("a latch opens once for all that wait", async () => {
  await using runtime = await unpinned(2).build();
  const latch = new Latch(2);
  const waiting = runtime.spawnCompute(
    (latch: Latch) => latch.waitSync(),
    latch,
  );
  const others = [latch.wait(), latch.wait()];
  latch.countDown();
  await runtime.spawnCompute((latch: Latch) => latch.countDown(), latch);
  await Promise.all([waiting, ...others, latch.wait()]);
  latch.countDown(5);
  assert.equal(latch.count, 0);
});

test("what waits when the runtime ends rejects", async () => {
  const runtime = await unpinned(1).build();
  const mutex = new Mutex();
  const channel = new Channel<number>(1);
  await mutex.lock();
  const waits = [mutex.lock(), channel.receive()];
  const failed = Promise.allSettled(waits);
  await runtime.blockUntilIdle();
  for (const outcome of await failed) {
    const { reason } = outcome as PromiseRejectedResult;
    assert.ok(reason instanceof ShutdownError);
  }
  await assert.rejects(mutex.lock(), ShutdownError);
  assert.equal(channel.trySend(1), true);
});

test("an object of one runtime cannot be used by another", async () => {
  await using runtime = await unpinned(1).build();
  await using other = await unpinned(1).build();
  const mutex = new Mutex({ runtime });
  const call = other.spawnCompute((mutex: Mutex) => mutex.isLocked, mutex);
  await assert.rejects(call, /belongs to another runtime/);
});

/** Lets timers and I/O run. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test("a worker that is ended in the middle of a task leaves no lock entered", async () => {
  await using runtime = await unpinned(1).build();
  const mutex = new Mutex();
  // Loads the classes on the worker.
  await runtime.spawnCompute((mutex: Mutex) => mutex.isLost, mutex);
  const limited = runtime.with({ timeoutMs: 3, graceMs: 0 });
  for (let round = 0; round < 10; round++) {
    const call = limited.spawnCompute((mutex: Mutex) => {
      for (;;) mutex.lockSync().unlock();
    }, mutex);
    await assert.rejects(call, { name: "TimeoutError" });
    // Served by the replacement, when the worker has ended.
    await runtime.spawnCompute(() => {});
    (await mutex.recover()).unlock();
  }
});
