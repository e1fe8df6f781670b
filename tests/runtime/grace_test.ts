import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { threadsNamed } from "../support/proc.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** None ends by itself. The first word says that it has begun. */
const ENDLESS = {
  "a loop": (words: Int32Array) => {
    Atomics.store(words, 0, 1);
    for (;;);
  },
  "a blocked Atomics.wait()": (words: Int32Array) => {
    Atomics.store(words, 0, 1);
    Atomics.wait(words, 1, 0);
  },
  "a pending promise": (words: Int32Array) => {
    Atomics.store(words, 0, 1);
    return new Promise<void>(() => {});
  },
  "calls that make calls": async (words: Int32Array) => {
    Atomics.store(words, 0, 1);
    for (;;) await spawnCompute((n: number) => n, 1);
  },
};

async function begun(words: Int32Array): Promise<void> {
  while (Atomics.load(words, 0) === 0) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

for (const [what, task] of Object.entries(ENDLESS)) {
  test(`graceMs ends ${what}, and its call rejects`, async () => {
    const runtime = await unpinned(2).prefix("gr").build();
    const words = new Int32Array(new SharedArrayBuffer(8));
    const call = runtime.spawnCompute<[Int32Array], unknown>(task, words);
    await begun(words);
    const [outcome] = await Promise.all([
      call.then(() => undefined, (error: Error) => error),
      runtime.blockUntilIdle({ graceMs: 1 }),
    ]);
    assert.equal(outcome?.name, "ShutdownError");
    assert.match(
      outcome!.message,
      /not finished within graceMs, 1 ms/,
    );
    assert.equal(threadsNamed("gr-", 0).length, 0);
  });
}

test("An untracked call does not hold shutdown up, even in synchronous code", async () => {
  const runtime = await unpinned(2).prefix("un").build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const call = runtime.computePool.spawn(ENDLESS["a loop"], words);
  await begun(words);
  const [outcome] = await Promise.all([
    call.catch((error: Error) => error.message),
    runtime.blockUntilIdle(),
  ]);
  assert.match(outcome as string, /was shut down before it ended/);
  assert.equal(threadsNamed("un-", 0).length, 0);
});

test("The thread of a task that exits when its time is over ends", async () => {
  const runtime = await unpinned(1).prefix("ex").build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const call = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 0, 1);
    while (Atomics.load(words, 1) === 0);
    process.exit(1);
  }, words);
  await begun(words);
  runtime.shutdown({ graceMs: 0 });
  // The worker is about to be terminated.
  setTimeout(() => Atomics.store(words, 1, 1), 1);
  await assert.rejects(call, { name: "ShutdownError" });
  await runtime.waitForShutdown();
  assert.equal(threadsNamed("ex-", 0).length, 0);
});

test("A second shutdown() shortens the limit of the first", async () => {
  const runtime = await unpinned(1).prefix("g2").build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const call = runtime.spawnCompute(ENDLESS["a loop"], words);
  await begun(words);
  runtime.shutdown({ graceMs: 3_600_000 });
  const ended = runtime.waitForShutdown();
  // As a second Ctrl-C would.
  runtime.shutdown({ graceMs: 0 });
  await assert.rejects(call, /within graceMs, 0 ms/);
  await ended;
  assert.equal(threadsNamed("g2-", 0).length, 0);
});

test("Calls within the limit finish", async () => {
  const runtime = await unpinned(1).build();
  const calls = [1, 2, 3].map((n) =>
    runtime.spawnCompute(
      async (n: number) => await spawnCompute((n: number) => n, n),
      n,
    )
  );
  await runtime.blockUntilIdle({ graceMs: 3_600_000 });
  assert.deepEqual(await Promise.all(calls), [1, 2, 3]);
});

test("A long shutdown names the tasks that it waits for", async () => {
  const runtime = await unpinned(1).build();
  const words = new Int32Array(new SharedArrayBuffer(8));
  const warned = Promise.withResolvers<string>();
  const { warn } = console;
  console.warn = warned.resolve;
  try {
    const call = runtime.spawnCompute(function hashes(words: Int32Array) {
      Atomics.wait(words, 1, 0);
    }, words);
    runtime.shutdown({ warnAfterMs: 1 });
    assert.match(
      await warned.promise,
      /^loom: shutdown has waited for 1 ms for tracked calls: 1 × hashes\. shutdown\(\{ graceMs \}\) /,
    );
    Atomics.store(words, 1, 1);
    Atomics.notify(words, 1);
    await call;
  } finally {
    console.warn = warn;
  }
  await runtime.waitForShutdown();
});

test("shutdown() refuses a limit that is no time", async () => {
  await using runtime = await unpinned(1).build();
  for (const graceMs of [-1, NaN, "5" as unknown as number]) {
    assert.throws(() => runtime.shutdown({ graceMs }), {
      name: "RangeError",
      message:
        `Cannot shut down: graceMs must be a number of milliseconds from 0 on, got ${graceMs}`,
    });
  }
  assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
});
