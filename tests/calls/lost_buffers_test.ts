import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";
import { createBridgeMemory } from "../../lib/bridge/memory.ts";
import { NO_PAGES } from "../../lib/bridge/pages.ts";
import { Endpoint } from "../../lib/calls/endpoint.ts";
import { MACHINE_CLOCK } from "../../lib/limits/clock.ts";
import { NO_GARBAGE } from "../../lib/payloads/garbage.ts";
import { parRange, spawnCompute } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Flags that tasks and the test wait for. */
function createFlags(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(16));
}

async function waitFor(flags: Int32Array<SharedArrayBuffer>, flag: number) {
  const wait = Atomics.waitAsync(flags, flag, 0);
  if (wait.async) await wait.value;
}

function raise(flags: Int32Array, flag: number) {
  Atomics.store(flags, flag, 1);
  Atomics.notify(flags, flag);
}

/** A worker calls another one, which ends; then that one's successor is at work. */
const CALLED = 0;
const MAY_END = 1;
const MAY_LOOK = 2;

test("A worker reads shared memory that a call returned although the worker which sent it has ended", async () => {
  await using runtime = await sharedRuntime(2);
  const flags = createFlags();
  const outcome = runtime.spawnCompute(async (flags: Int32Array) => {
    // This worker blocks, so the other one takes both calls.
    const made = spawnCompute(
      () => new Int32Array(new SharedArrayBuffer(8)).fill(7),
    );
    const ends = spawnCompute((flags: Int32Array) => {
      Atomics.store(flags, 1, 1);
      Atomics.notify(flags, 1);
      process.exit(1);
    }, flags).catch((error) => error.name);
    Atomics.wait(flags, 2, 0);
    return [[...await made], await ends];
  }, flags);
  await waitFor(flags, MAY_END);
  // Only the successor can serve this.
  assert.equal(await runtime.spawnCompute(() => "served"), "served");
  raise(flags, MAY_LOOK);
  assert.deepEqual(await outcome, [[7, 7], "WorkerLostError"]);
});

stressTest(
  "The main thread reads shared memory that a call returned although its worker has ended",
  async () => {
    await using runtime = await sharedRuntime(1);
    for (let round = 0; round < sized(2, 20); round++) {
      const flags = createFlags();
      const made = runtime.spawnCompute((flags: Int32Array) => {
        const { readlinkSync } = process.getBuiltinModule("node:fs");
        const threadId = Number(
          readlinkSync("/proc/thread-self").split("/")[2],
        );
        Atomics.store(flags, 0, threadId);
        Atomics.notify(flags, 0);
        Atomics.wait(flags, 1, 0);
        return new Int32Array(new SharedArrayBuffer(8)).fill(threadId);
      }, flags);
      await waitFor(flags, CALLED);
      const ends = runtime.spawnCompute(() => process.exit(1));
      // From here on the main thread waits in its event loop for both.
      for (let turn = 0; turn < 10; turn++) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      raise(flags, 1);
      // It is busy until the worker has ended, so it learns of both at once.
      const [threadId] = flags;
      while (existsSync(`/proc/self/task/${threadId}`));
      const [first, second] = await Promise.allSettled([made, ends]);
      assert.equal(first.status, "fulfilled");
      assert.deepEqual([...first.value], [threadId, threadId]);
      assert.equal(second.status, "rejected");
    }
  },
);

test("A worker serves other calls while a call waits for the shared memory of a busy worker", async () => {
  await using runtime = await sharedRuntime(2);
  const flags = createFlags();
  const outcome = runtime.spawnCompute(async (flags: Int32Array) => {
    const ends = spawnCompute((flags: Int32Array) => {
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      Atomics.wait(flags, 1, 0);
      process.exit(1);
    }, flags).catch((error) => error.name);
    Atomics.wait(flags, 0, 0);
    // The other worker still lives, so the array goes to that one.
    const array = new Int32Array(new SharedArrayBuffer(8)).fill(7);
    const large = "x".repeat(1000);
    const calls = [
      spawnCompute((array: Int32Array) => array[0], array),
      spawnCompute(
        (array: Int32Array, s: string) => {
          array[1] = s.length;
          return array;
        },
        array,
        large,
      ).then((same) => same.buffer === array.buffer),
    ];
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    // Busy: the array goes to the successor only afterwards.
    Atomics.wait(flags, 2, 0);
    return [await ends, ...await Promise.all(calls), array[1]];
  }, flags);
  await waitFor(flags, CALLED);
  await waitFor(flags, MAY_END);
  // The successor takes the nearer calls first, those of the busy worker.
  for (let n = 0; n < 3; n++) {
    assert.equal(await runtime.spawnCompute((n: number) => n, n), n);
  }
  raise(flags, MAY_LOOK);
  assert.deepEqual(await outcome, ["WorkerLostError", 7, true, 1000]);
});

test("A parallel loop has the shared memory of a worker that ended before the loop", async () => {
  await using runtime = await sharedRuntime(2);
  const flags = createFlags();
  const arrays = parRange(0, 2).map((n, flags: Int32Array) => {
    if (n === 1) {
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      Atomics.wait(flags, 1, 0);
    } else {
      // So the other worker has the second part.
      Atomics.wait(flags, 0, 0);
    }
    return new Int32Array(new SharedArrayBuffer(4)).fill(n);
  }, flags).toArrayAsync();
  await waitFor(flags, CALLED);
  // One worker is busy, so the other one serves these.
  const ends = runtime.spawnCompute(() => process.exit(1));
  await assert.rejects(ends, { name: "WorkerLostError" });
  assert.equal(await runtime.spawnCompute(() => "served"), "served");
  raise(flags, 1);
  assert.deepEqual((await arrays).map((array) => [...array]), [[0], [1]]);
});

test("A call that waits for shared memory is over when the worker that has it ends", async () => {
  await using runtime = await sharedRuntime(2);
  const flags = createFlags();
  const outer = runtime.spawnCompute((flags: Int32Array) => {
    spawnCompute((flags: Int32Array) => {
      Atomics.store(flags, 0, 1);
      Atomics.notify(flags, 0);
      Atomics.wait(flags, 1, 0);
      process.exit(1);
    }, flags).catch(() => {});
    Atomics.wait(flags, 0, 0);
    const array = new Int32Array(new SharedArrayBuffer(8));
    spawnCompute((array: Int32Array) => array[0], array).catch(() => {});
    Atomics.store(flags, 1, 1);
    Atomics.notify(flags, 1);
    Atomics.wait(flags, 2, 0);
    process.exit(1);
  }, flags);
  await waitFor(flags, MAY_END);
  assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
  raise(flags, MAY_LOOK);
  await assert.rejects(outer, { name: "WorkerLostError" });
  // Both successors serve, and nothing keeps them from ending.
  const meet = (flags: Int32Array) => {
    Atomics.add(flags, 3, 1);
    while (Atomics.load(flags, 3) < 2);
  };
  await Promise.all([
    runtime.spawnCompute(meet, flags),
    runtime.spawnCompute(meet, flags),
  ]);
});

test("Buffers sent to the old port of a replaced worker are sent again when the new port arrives", () => {
  const WORKER = 2;
  const memory = createBridgeMemory(2, 0, 16, 1 << 20);
  const main = new MessageChannel();
  const before = new MessageChannel();
  const after = new MessageChannel();
  const ports = [main.port1, null, before.port1];
  const endpoint = new Endpoint(memory, 1, 1, ports, {
    pump: () => {},
    reasonOfEnd: () => undefined,
    endWorker: () => {},
    clock: MACHINE_CLOCK,
    pages: NO_PAGES,
    collector: NO_GARBAGE,
  });
  const { control, sharedBuffers } = endpoint;
  control.setSerial(1, 1);
  control.setSerial(WORKER, WORKER);
  endpoint.drain();
  const [first, second] = [8, 16].map((n) => new SharedArrayBuffer(n));
  sharedBuffers.share(first, [WORKER]);
  // The worker has ended. Its successor's number is known before the port.
  control.setSerial(WORKER, WORKER + 3);
  control.announce();
  endpoint.drain();
  sharedBuffers.share(second, [WORKER]);
  main.port2.postMessage(
    { kind: "thread", thread: WORKER, port: after.port1 },
    [after.port1],
  );
  control.announce();
  endpoint.drain();
  const news = control.news;
  const sizes: number[] = [];
  for (
    let m = receiveMessageOnPort(after.port2);
    m;
    m = receiveMessageOnPort(after.port2)
  ) sizes.push((m.message as { buffer: SharedArrayBuffer }).buffer.byteLength);
  assert.deepEqual(sizes, [8, 16]);
  // What the successor gets from here on goes to the new port once.
  sharedBuffers.share(first, [WORKER]);
  assert.equal(receiveMessageOnPort(after.port2), undefined);
  assert.equal(control.news, news);
  endpoint.close();
  for (const { port2 } of [main, before, after]) port2.close();
});
