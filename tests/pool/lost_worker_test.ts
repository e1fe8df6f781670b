import assert from "node:assert/strict";
import { spawnCompute, WorkerLostError } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const ROUNDS = sized(1, 20);

const identity = (n: number) => n;
const endWorker = () => process.exit(3);
const isLost = (error: unknown) => {
  assert.ok(error instanceof WorkerLostError);
  assert.match(error.message, /Cannot finish call: worker \d+ ended/);
  return true;
};

const deaths: [string, () => unknown][] = [
  ["exits", endWorker],
  ["exits after a promise", async () => {
    await Promise.resolve();
    process.exit(0);
  }],
];

for (const workers of [1, 2]) {
  for (const [how, die] of deaths) {
    stressTest(
      `A worker of ${workers} that ${how} takes only its own calls along`,
      async () => {
        await using runtime = await sharedRuntime(workers);
        for (let round = 0; round < ROUNDS; round++) {
          const before = Array.from(
            { length: 20 },
            (_, n) => runtime.spawnCompute(identity, n),
          );
          const lost = runtime.spawnCompute(die);
          const behind = Array.from(
            { length: 20 },
            (_, n) => runtime.spawnCompute(identity, n),
          );
          await assert.rejects(lost, isLost);
          const numbers = Array.from({ length: 20 }, (_, n) => n);
          assert.deepEqual(await Promise.all(before), numbers);
          assert.deepEqual(await Promise.all(behind), numbers);
          assert.ok(runtime.isIdle());
        }
      },
    );
  }
}

test("All unfinished calls on a lost worker reject, and those on others continue", async () => {
  await using runtime = await sharedRuntime(2);
  const words = new Int32Array(new SharedArrayBuffer(8));
  // Keeps one worker busy until the test releases it.
  const busy = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    Atomics.wait(words, 1, 0);
    return "survived";
  }, words);
  await Atomics.waitAsync(words, 0, 0).value;
  // So all of these run on the other worker.
  const suspended = Array.from(
    { length: 10 },
    () => runtime.spawnCompute(() => new Promise<never>(() => {})),
  );
  const lost = runtime.spawnCompute(endWorker);
  for (const call of [...suspended, lost]) await assert.rejects(call, isLost);
  assert.deepEqual(runtime.inFlight, { compute: 1, async: 0 });
  assert.equal(await runtime.spawnCompute(identity, 1), 1);
  Atomics.store(words, 1, 1);
  Atomics.notify(words, 1);
  assert.equal(await busy, "survived");
});

for (const workers of [2, 1]) {
  stressTest(
    `A nested call is lost with its worker, among ${workers}`,
    async () => {
      await using runtime = await sharedRuntime(workers);
      const nest = async () => {
        try {
          return await spawnCompute(() => process.exit(3));
        } catch (error) {
          return (error as Error).name;
        }
      };
      for (let round = 0; round < ROUNDS; round++) {
        // On one worker, the outer call dies with the inner one.
        const outcome = await runtime.spawnCompute(nest)
          .catch((error: Error) => error.name);
        assert.equal(outcome, "WorkerLostError");
        assert.equal(await runtime.spawnCompute(identity, 1), 1);
      }
    },
  );
}

test("A worker that waits for a call of a lost worker is woken", async () => {
  await using runtime = await sharedRuntime(2);
  const name = await runtime.spawnCompute(async () => {
    const words = new Int32Array(new SharedArrayBuffer(4));
    const lost = spawnCompute((words: Int32Array) => {
      Atomics.store(words, 0, 1);
      // Until the caller has nothing to do but to wait.
      Atomics.wait(words, 0, 1, 20);
      process.exit(3);
    }, words);
    // The other worker runs it, since this one is busy.
    while (Atomics.load(words, 0) === 0);
    return await lost.catch((error: Error) => error.name);
  });
  assert.equal(name, "WorkerLostError");
});

test("A lost event-loop worker is replaced too", async () => {
  await using runtime = await unpinned(1).asyncThreads(2).build();
  const { exitHere, whereAmI } = await import("../fixtures/tasks/loops.ts");
  const first = await runtime.spawnAsync(whereAmI);
  await assert.rejects(runtime.spawnAsync(exitHere), isLost);
  assert.notEqual(await runtime.spawnAsync(whereAmI), first);
  assert.equal(await runtime.spawnCompute(identity, 1), 1);
});

stressTest(
  "Shutdown while workers are dying ends, and settles all",
  async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const runtime = await unpinned(2).build();
      const calls = Array.from(
        { length: 20 },
        (_, n) =>
          n % 7 === 3
            ? runtime.spawnCompute(endWorker)
            : runtime.spawnCompute(identity, n),
      );
      const ended = runtime.blockUntilIdle();
      const ends = await Promise.allSettled(calls);
      for (const [n, end] of ends.entries()) {
        if (n % 7 !== 3) {
          assert.deepEqual(end, { status: "fulfilled", value: n });
        } else assert.equal(end.status, "rejected");
      }
      await ended;
    }
  },
);

test("The cause of a WorkerLostError has its class, stack and own properties", async () => {
  await using runtime = await sharedRuntime(1);
  // With two unfinished calls of one task, an error that either may have caused ends the
  // worker.
  const fails = (now: boolean) => {
    const fail = () => Object.assign(new TypeError("gone"), { code: "E_X" });
    // The global timer would tell which call has set it.
    const { setTimeout } = process.getBuiltinModule("node:timers");
    if (now) {
      setTimeout(function inTimer() {
        throw fail();
      }, 0);
    }
    return new Promise<void>(() => {});
  };
  const [{ cause }] = await Promise.all(
    [false, true].map((now) =>
      runtime.spawnCompute(fails, now).then(
        () => assert.fail("the call has returned"),
        (error: WorkerLostError) => error,
      )
    ),
  );
  assert.ok(cause instanceof TypeError);
  assert.equal(cause.message, "gone");
  assert.equal((cause as TypeError & { code: string }).code, "E_X");
  assert.match(cause.stack ?? "", /fail/);
});

test("A worker ends if its exit listener exits too", async () => {
  await using runtime = await unpinned(1).build();
  const call = runtime.spawnCompute(() => {
    process.on("exit", () => process.exit(5));
    process.exit(4);
  });
  await assert.rejects(call, {
    name: "WorkerLostError",
    message: /it exited with code [45]/,
  });
  assert.equal(await runtime.spawnCompute((n: number) => n + 1, 1), 2);
});

test("A call that returns after the exit listeners have run is lost", async () => {
  await using runtime = await unpinned(1).build();
  const call = runtime.spawnCompute(async () => {
    // As on Deno, where code may run on for a moment after process.exit().
    process.emit("exit", 3);
    setTimeout(() => process.exit(3), 1);
    return await Promise.resolve(new Int32Array(new SharedArrayBuffer(8)));
  });
  await assert.rejects(call, { name: "WorkerLostError" });
});
