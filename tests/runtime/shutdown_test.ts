import assert from "node:assert/strict";
import {
  currentRuntime,
  type LoomRuntime,
  ShutdownError,
  spawnCompute,
} from "../../mod.ts";
import { arriveAndWait, shutDownLater } from "../fixtures/tasks/loops.ts";
import { Latch } from "../support/latch.ts";
import { threadsNamed } from "../support/proc.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

test(
  "After shutdown() every way to make a call rejects with ShutdownError",
  async () => {
    const runtime = await unpinned(1).asyncThreads(2).build();
    runtime.shutdown();
    const words = new Int32Array(new SharedArrayBuffer(8));
    for (const when of ["while it ends", "after it has ended"]) {
      const calls = [
        runtime.spawnCompute(() => 1),
        runtime.spawnAsync(() => 1),
        runtime.spawnAsync(arriveAndWait, words),
        runtime.computePool.spawn(() => 1),
        runtime.asyncHandle.spawn(() => 1),
      ];
      for (const call of calls) {
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof ShutdownError, when);
          assert.match(error.message, /the runtime is shutting down/);
          return true;
        });
      }
      await runtime.waitForShutdown();
    }
  },
);

test(
  "Tracked calls in flight finish first, with the calls that they make",
  async () => {
    const runtime = await unpinned(1).build();
    const latch = new Latch();
    const chain = runtime.spawnCompute(async function chain(
      depth: number,
    ): Promise<number> {
      return depth === 0 ? 0 : 1 + await spawnCompute(chain, depth - 1);
    }, 50);
    const queued = Array.from(
      { length: 100 },
      (_, n) => runtime.spawnCompute((n: number) => n, n),
    );
    const onLoop = runtime.spawnAsync(async () => {
      await latch.wait();
      return "done";
    });
    let ended = false;
    const end = runtime.blockUntilIdle().then(() => ended = true);
    assert.equal(await chain, 50);
    assert.deepEqual(await Promise.all(queued), [...queued.keys()]);
    assert.ok(!ended, "a task on the event loop is in flight");
    latch.open();
    assert.equal(await onLoop, "done");
    await end;
    assert.ok(runtime.isIdle());
  },
);

test(
  "Untracked calls that are unfinished at the end reject with ShutdownError",
  async () => {
    const runtime = await unpinned(2).asyncThreads(2).build();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const calls = [
      runtime.computePool.spawn(() => new Promise<never>(() => {})),
      runtime.asyncHandle.spawn(arriveAndWait, words),
    ];
    while (Atomics.load(words, 0) === 0) {
      await Atomics.waitAsync(words, 0, 0).value;
    }
    assert.ok(runtime.isIdle());
    const [, ...outcomes] = await Promise.all([
      runtime.blockUntilIdle(),
      ...calls.map((call) => call.catch((error: unknown) => error)),
    ]);
    for (const outcome of outcomes) assert.ok(outcome instanceof ShutdownError);
  },
);

test(
  "shutdown() again has no effect, and every waitForShutdown() resolves",
  async () => {
    const runtime = await unpinned(1).build();
    let waited = 0;
    const waiting = [1, 2].map(() =>
      runtime.waitForShutdown().then(() => waited++)
    );
    await runtime.spawnCompute(() => 1);
    assert.equal(waited, 0, "waiting alone does not shut down");
    runtime.shutdown();
    runtime.shutdown();
    await Promise.all([
      ...waiting,
      runtime.blockUntilIdle(),
      runtime[Symbol.asyncDispose](),
    ]);
    assert.equal(waited, 2);
    await runtime.blockUntilIdle();
  },
);

test("`await using` shuts down, also when its block throws", async () => {
  let kept: LoomRuntime | undefined;
  await assert.rejects(async () => {
    await using runtime = await unpinned(1).prefix("yy").build();
    kept = runtime;
    throw new TypeError("out of the block");
  }, { name: "TypeError" });
  assert.equal(threadsNamed("yy-", 0).length, 0);
  await assert.rejects(kept!.spawnCompute(() => 1), ShutdownError);
});

test(
  "A worker can shut the runtime down, and its own call still returns",
  async () => {
    const runtime = await unpinned(1).build();
    const result = runtime.spawnCompute(async () => {
      currentRuntime().shutdown();
      // Its own call is tracked work in flight, which may finish with the calls it makes.
      return await spawnCompute(() => 1);
    });
    assert.equal(await result, 1);
    await runtime.waitForShutdown();
    await assert.rejects(runtime.spawnCompute(() => 1), ShutdownError);
  },
);

test(
  "A worker can request the shutdown when no call is in flight",
  async () => {
    const runtime = await unpinned(1).asyncThreads(2).build();
    await runtime.spawnAsync(shutDownLater);
    assert.ok(runtime.isIdle());
    await runtime.waitForShutdown();
  },
);

const ROUNDS = sized(2, 50);

stressTest(
  "A shutdown in the middle of many calls settles each of them",
  async () => {
    const later = async (n: number) => {
      await Promise.resolve();
      return n;
    };
    for (let round = 0; round < ROUNDS; round++) {
      const runtime = await unpinned(2).computePoolSize(16).build();
      const calls = Array.from({ length: 500 }, (_, n) => {
        const tracked = n % 2 === 0;
        return tracked
          ? runtime.spawnCompute(later, n)
          : runtime.computePool.spawn(later, n);
      });
      await calls[round * 10 % calls.length];
      const [ends] = await Promise.all([
        Promise.allSettled(calls),
        runtime.blockUntilIdle(),
      ]);
      for (const [n, end] of ends.entries()) {
        if (end.status === "fulfilled") assert.equal(end.value, n);
        else {
          assert.equal(n % 2, 1, "a tracked call finishes");
          assert.ok(end.reason instanceof ShutdownError);
        }
      }
    }
  },
);

test("An exit listener of a task runs once, whether its worker stops or exits", async () => {
  for (const exits of [false, true]) {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const runtime = await unpinned(1).build();
    await runtime.spawnCompute((words: Int32Array) => {
      process.on("exit", () => {
        Atomics.add(words, 0, 1);
      });
    }, words);
    if (exits) {
      const call = runtime.spawnCompute(() => process.exit(3));
      await assert.rejects(call, { name: "WorkerLostError" });
    }
    await runtime.blockUntilIdle();
    assert.equal(words[0], 1, exits ? "exits" : "stops");
  }
});
