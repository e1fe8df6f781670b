import assert from "node:assert/strict";
import { Pool } from "../../lib/pool/pool.ts";
import { type LoomRuntime, parIter, spawnCompute } from "../../mod.ts";
import * as guarded from "../fixtures/tasks/guarded.ts";
import { threadsNamed } from "../support/proc.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

/** The pool that was started last. */
let pool: Pool;
const { listen } = Pool.prototype;
Pool.prototype.listen = function (events) {
  pool = this;
  return listen.call(this, events);
};

const isEnded = {
  name: "WorkerLostError",
  message: /\(it was ended because a call did not stop in time\)/,
};

/** The serial number of the only worker. */
async function serialOf(runtime: LoomRuntime): Promise<number> {
  let serial: number;
  while ((serial = await runtime.spawnCompute(guarded.serial)) < 0) {
    await turn();
  }
  return serial;
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
}

async function begun(words: Int32Array): Promise<void> {
  while (Atomics.load(words, 0) === 0) await turn();
}

for (
  const [what, task] of [
    ["a loop", guarded.loop],
    ["a blocked Atomics.wait()", guarded.block],
    ["a pending promise", guarded.pend],
    ["a leaf of a parallel loop", guarded.iterate],
    ["a task that makes calls", guarded.calls],
  ] as const
) {
  test(`A worker is ended in ${what}, and the next one serves`, async () => {
    await using runtime = await unpinned(1).prefix("en").build();
    for (let round = 0; round < 3; round++) {
      const serial = await serialOf(runtime);
      const words = new Int32Array(new SharedArrayBuffer(8));
      const call = runtime.spawnCompute<[Int32Array], unknown>(task, words);
      await begun(words);
      while (!pool.endWorker(serial)) await turn();
      const behind = runtime.spawnCompute((n: number) => n + 1, round);
      await assert.rejects(call, isEnded);
      assert.equal(await behind, round + 1);
      assert.notEqual(await serialOf(runtime), serial);
      assert.equal(threadsNamed("en-", 1).length, 1);
    }
  });
}

test("A worker has another one ended, and calls that did not run there survive", async () => {
  await using runtime = await unpinned(2).prefix("eo").build();
  const serials = new Set<number>();
  while (serials.size < 2) {
    const pair = [0, 1].map(() => serialOf(runtime));
    for (const serial of await Promise.all(pair)) serials.add(serial);
  }
  const words = new Int32Array(new SharedArrayBuffer(8));
  const lost = assert.rejects(
    runtime.spawnCompute<[Int32Array], unknown>(guarded.loop, words),
    isEnded,
  );
  await begun(words);
  // The other worker has only it to run them.
  const calls = Array.from(
    { length: 50 },
    (_, n) => runtime.spawnCompute((n: number) => n, n),
  );
  const ended = Promise.all([...serials].map((serial) =>
    // Its own is not guarded, so only the other one ends.
    runtime.spawnCompute(guarded.end, serial)
  ));
  await lost;
  await ended;
  assert.deepEqual(await Promise.all(calls), calls.map((_, n) => n));
});

test("A worker is not ended while no guarded call runs, nor when the reason is gone", async () => {
  await using runtime = await unpinned(1).build();
  const serial = await serialOf(runtime);
  assert.equal(pool.endWorker(serial), false);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const limited = runtime.with({ timeoutMs: 3_600_000 });
  // The first call of a function loads it, the second one takes the quick path.
  for (const n of [1, 2]) {
    assert.equal(await limited.spawnCompute((n: number) => n, n), n);
  }
  const plain = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0);
  }, words);
  await begun(words);
  assert.equal(pool.endWorker(serial), false, "that call has ended");
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await plain;
  words.fill(0);
  const call = runtime.spawnCompute<[Int32Array], unknown>(
    guarded.block,
    words,
  );
  await begun(words);
  while (!pool.endWorker(serial, () => false)) await turn();
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  await call;
  assert.equal(await serialOf(runtime), serial);
});

stressTest(
  "Calls of all kinds settle while workers are ended at any step",
  async () => {
    const runtime = await unpinned(2).prefix("ea").computePoolSize(16).build();
    const bytes = new Uint8Array(5000).fill(7);
    const words = new Int32Array(new SharedArrayBuffer(8));
    const outcomes = { returned: 0, lost: 0 };
    for (let round = 0; round < sized(6, 60); round++) {
      const guardedCall = runtime.spawnCompute<[Int32Array], unknown>(
        guarded.calls,
        words,
      );
      const plain = Array.from({ length: 40 }, () =>
        runtime.spawnCompute(
          async (bytes: Uint8Array) => {
            const { length } = await spawnCompute((b: Uint8Array) => b, bytes);
            return parIter([length, 1]).sum();
          },
          bytes,
        ));
      const settled = Promise.allSettled(plain);
      let isOver = false;
      guardedCall.catch(() => isOver = true);
      await begun(words);
      Atomics.store(words, 0, 0);
      while (!isOver) {
        for (const thread of [1, 2]) {
          pool.endWorker(pool.endpoint.control.serial(thread));
        }
        await turn();
      }
      for (const outcome of await settled) {
        if (outcome.status === "fulfilled") {
          assert.equal(outcome.value, bytes.length + 1);
          outcomes.returned++;
        } else {
          assert.equal(outcome.reason.name, "WorkerLostError");
          outcomes.lost++;
        }
      }
    }
    assert.ok(outcomes.returned > 0);
    await runtime.blockUntilIdle();
    assert.equal(threadsNamed("ea-", 0).length, 0);
  },
);
