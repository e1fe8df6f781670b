import assert from "node:assert/strict";
import process from "node:process";
import {
  currentSignal,
  isCancelled,
  type LoomRuntime,
  spawnCompute,
} from "../../mod.ts";
import * as tasks from "../fixtures/tasks/cancelled.ts";
import { Latch } from "../support/latch.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { test } from "../support/test.ts";

const enough = new Error("enough");

function newWords(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(16));
}

async function turn(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1));
}

async function until(words: Int32Array, word: number): Promise<void> {
  while (Atomics.load(words, word) === 0) await turn();
}

/** Blocks the only worker until word 2 is set. */
async function blockWorker(
  runtime: LoomRuntime,
  words: Int32Array,
): Promise<{ release(): Promise<void> }> {
  const call = runtime.spawnCompute((words: Int32Array) => {
    Atomics.store(words, 3, 1);
    Atomics.wait(words, 2, 0);
  }, words);
  await until(words, 3);
  return {
    release: async () => {
      Atomics.store(words, 2, 1);
      Atomics.notify(words, 2);
      await call;
    },
  };
}

for (const [slots, where] of [[1024, "in a ring"], [16, "for a slot"]]) {
  test(`A call that waits ${where} is dropped when its signal is aborted`, async () => {
    await using runtime = await unpinned(1)
      .computePoolSize(slots as number).build();
    const words = newWords();
    const worker = await blockWorker(runtime, words);
    const abort = new AbortController();
    const view = runtime.with({ signal: abort.signal });
    const calls = Array.from(
      { length: 40 },
      () =>
        view.spawnCompute((words: Int32Array) => {
          Atomics.add(words, 0, 1);
        }, words),
    );
    const large = view.spawnCompute(
      (bytes: Uint8Array) => bytes.length,
      new Uint8Array(100_000),
    );
    abort.abort(enough);
    // While the worker is still blocked.
    for (const call of [...calls, large]) {
      await assert.rejects(call, (error) => error === enough);
    }
    await worker.release();
    assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
    assert.equal(words[0], 0);
    assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  });
}

for (
  const [how, task] of Object.entries({
    isCancelled: tasks.loop,
    throwIfCancelled: tasks.throws,
    "isCancelled after awaits": tasks.polls,
    currentSignal: tasks.signalled,
    "a blocking parallel loop": tasks.iterates,
  })
) {
  test(`A running task stops by ${how}`, async () => {
    // A worker that does not stop is never ended.
    await using runtime = await unpinned(2).cancelGraceMs(86_400_000).build();
    const words = newWords();
    const abort = new AbortController();
    const view = runtime.with({ signal: abort.signal });
    const call = view.spawnCompute<[Int32Array], unknown>(task, words);
    await until(words, 0);
    abort.abort(enough);
    await assert.rejects(call, (error) => error === enough);
    await until(words, 1);
  });
}

test("A self-contained asynchronous function finds its call after an await", async () => {
  await using runtime = await unpinned(1).cancelGraceMs(86_400_000).build();
  const words = newWords();
  const abort = new AbortController();
  const call = runtime.with({ signal: abort.signal }).spawnCompute(
    async (words: Int32Array) => {
      await null;
      Atomics.store(words, 0, 1);
      for (let n = 0; !isCancelled(); n++) await null;
      Atomics.store(words, 1, 1);
    },
    words,
  );
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  await until(words, 1);
});

for (
  const [what, task] of Object.entries({
    "a loop": tasks.endless,
    "a blocked Atomics.wait()": tasks.blocks,
    "a pending promise": tasks.pends,
    "a parallel loop": tasks.iteratesOn,
  })
) {
  test(`The worker of ${what} is ended after graceMs, and calls that wait run`, async () => {
    await using runtime = await unpinned(1).build();
    const words = newWords();
    const abort = new AbortController();
    const view = runtime.with({ signal: abort.signal, graceMs: 1 });
    const call = view.spawnCompute<[Int32Array], unknown>(task, words);
    await until(words, 0);
    const waits = runtime.spawnCompute((n: number) => n + 1, 1);
    // Its worker begins other calls, which then may be lost with it.
    if (task === tasks.pends) await waits;
    abort.abort(enough);
    await assert.rejects(call, (error) => error === enough);
    assert.equal(await waits, 2);
    while (runtime.inFlight.compute !== 0) await turn();
  });
}

test("Another call that an ended worker has begun rejects with WorkerLostError", async () => {
  await using runtime = await unpinned(1).build();
  const [words, others] = [newWords(), newWords()];
  const other = runtime.spawnCompute<[Int32Array], unknown>(
    tasks.pends,
    others,
  );
  await until(others, 0);
  const view = runtime.with({ timeoutMs: 1, graceMs: 1 });
  await assert.rejects(view.spawnCompute(tasks.endless, words), {
    name: "TimeoutError",
  });
  await assert.rejects(other, { name: "WorkerLostError" });
});

test("A task ends its own call, on another worker", async () => {
  await using runtime = await unpinned(2).build();
  assert.equal(
    await runtime.spawnCompute(tasks.nests, newWords()),
    "TimeoutError",
  );
  assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
});

test("A function that is sent sees that its call was cancelled", async () => {
  await using runtime = await unpinned(1).build();
  const loop = (words: Int32Array) => {
    Atomics.store(words, 0, 1);
    while (Atomics.load(words, 2) === 0 && !isCancelled());
    Atomics.store(words, 1, 1);
  };
  // The first call of a function loads it, the second one takes the quick path.
  await runtime.spawnCompute(loop, new Int32Array([0, 0, 1]));
  const words = newWords();
  const abort = new AbortController();
  const call = runtime.with({ signal: abort.signal, graceMs: 3_600_000 })
    .spawnCompute(loop, words);
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  await until(words, 1);
});

test("A signal that is aborted already costs no call", async () => {
  await using runtime = await unpinned(1).build();
  const view = runtime.with({ signal: AbortSignal.abort(enough) });
  const argument = {
    get value() {
      throw new Error("it was read");
    },
  };
  await assert.rejects(
    view.spawnCompute((x: unknown) => x, argument),
    (error) => error === enough,
  );
  await assert.rejects(
    view.spawnAsync(() => assert.fail("it ran")),
    (error) => error === enough,
  );
});

/** A signal, and how many listeners it has: now, and at most so far. */
function watchedSignal() {
  const { signal } = new AbortController();
  const listeners = { count: 0, most: 0 };
  const { addEventListener, removeEventListener } = signal;
  signal.addEventListener = (...args: unknown[]) => {
    listeners.most = Math.max(listeners.most, ++listeners.count);
    Reflect.apply(addEventListener, signal, args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    listeners.count--;
    Reflect.apply(removeEventListener, signal, args);
  };
  return { signal, listeners };
}

test("A signal has one listener while calls are in flight, and none soon afterwards", async () => {
  await using runtime = await unpinned(2).build();
  const { signal, listeners } = watchedSignal();
  const view = runtime.with({ signal });
  for (let round = 0; round < sized(20, 2_000); round++) {
    await Promise.all(
      Array.from(
        { length: 50 },
        (_, n) => runtime.with({ signal }).spawnCompute((n: number) => n, n),
      ),
    );
    await view.spawnCompute(() => {
      throw new Error("on purpose");
    }).catch(() => {});
  }
  assert.equal(listeners.most, 1);
  while (listeners.count !== 0) await new Promise((end) => setTimeout(end, 1));
});

test("AbortSignal.any() and AbortSignal.timeout() cancel calls", async () => {
  await using runtime = await unpinned(1).build();
  const abort = new AbortController();
  const any = AbortSignal.any([abort.signal, AbortSignal.timeout(3_600_000)]);
  const words = newWords();
  const call = runtime.with({ signal: any }).spawnCompute(tasks.loop, words);
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  const late = runtime.with({ signal: AbortSignal.timeout(1) });
  await assert.rejects(late.spawnCompute(tasks.loop, words), {
    name: "TimeoutError",
  });
});

test("What a cancelled task returns or throws later is dropped", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", note);
  await using runtime = await unpinned(1).build();
  for (const throws of [false, true]) {
    const abort = new AbortController();
    const words = newWords();
    const view = runtime.with({ signal: abort.signal });
    const call = view.spawnCompute(
      (words: Int32Array, throws: boolean) => {
        Atomics.store(words, 0, 1);
        if (throws) throw new RangeError("late");
        return { some: ["object"] };
      },
      words,
      throws,
    );
    // This thread does not return to its event loop until the task has run.
    while (Atomics.load(words, 0) === 0);
    abort.abort(enough);
    await assert.rejects(call, (error) => error === enough);
    assert.equal(await runtime.spawnCompute((n: number) => n, 1), 1);
  }
  await turn();
  process.off("unhandledRejection", note);
  assert.deepEqual(unhandled, []);
});

test("Code of calls that cannot be cancelled sees a signal that is never aborted", async () => {
  await using runtime = await unpinned(1).build();
  assert.equal(isCancelled(), false);
  assert.equal(currentSignal().aborted, false);
  const seen = await runtime.spawnCompute(async () => {
    await null;
    return [isCancelled(), currentSignal().aborted];
  });
  assert.deepEqual(seen, [false, false]);
  const nested = await runtime.with({ timeoutMs: 3_600_000 }).spawnCompute(
    async () => await spawnCompute(() => isCancelled()),
  );
  assert.equal(nested, false);
});

test("A plain function of spawnAsync() is told to stop, and its promise rejects at once", async () => {
  await using runtime = await unpinned(1).build();
  const abort = new AbortController();
  const begun = new Latch();
  const stopped = new Latch();
  const call = runtime.with({ signal: abort.signal }).spawnAsync(async () => {
    const signal = currentSignal();
    begun.open();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    assert.ok(isCancelled());
    stopped.open();
    throw new Error("nobody sees this");
  });
  await begun.wait();
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  await stopped.wait();
});

test("A module task of spawnAsync() is cancelled on its event-loop worker", async () => {
  await using runtime = await unpinned(1).asyncThreads(2).build();
  const words = newWords();
  const abort = new AbortController();
  const view = runtime.with({ signal: abort.signal, graceMs: 3_600_000 });
  const call = view.spawnAsync(tasks.signalled, words);
  await until(words, 0);
  abort.abort(enough);
  await assert.rejects(call, (error) => error === enough);
  await until(words, 1);
  const stuckAbort = new AbortController();
  const stuckWords = newWords();
  const stuck = runtime.with({ signal: stuckAbort.signal, graceMs: 1 })
    .spawnAsync(tasks.endless, stuckWords);
  // From then on that worker takes no other call, which would be lost with it.
  await until(stuckWords, 0);
  stuckAbort.abort(enough);
  await assert.rejects(stuck, (error) => error === enough);
  const again = newWords();
  const abortAgain = new AbortController();
  const last = runtime.with({ signal: abortAgain.signal })
    .spawnAsync(tasks.polls, again);
  await until(again, 0);
  abortAgain.abort(enough);
  await assert.rejects(last, (error) => error === enough);
});
