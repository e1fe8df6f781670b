import assert from "node:assert/strict";
import {
  computeMap,
  LoomBuilder,
  type SettledItem,
  shared,
  ShutdownError,
  WorkerLostError,
} from "../../mod.ts";
import { ConcurrentMap } from "../../lib/streams/concurrent_map.ts";
import type { MapCalls } from "../../lib/streams/sender.ts";
import { overlap } from "../fixtures/tasks/overlap.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { Latch } from "../support/latch.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** So many items that most of them share calls. */
const COUNT = 500;
/** An item that is special. */
const LATE = 400;
const NUMBERS = Array.from({ length: COUNT }, (_, n) => n);

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const item of items) array.push(item);
  return array;
}

async function failureOf(items: AsyncIterable<unknown>): Promise<unknown> {
  try {
    await all(items);
  } catch (error) {
    return error;
  }
}

test("computeMap() calls its function with more arguments, sent once for each call", async () => {
  await using runtime = await sharedRuntime(1);
  let encoded = 0;
  const words = {
    get before(): string {
      encoded++;
      return "item";
    },
  };
  const label = (n: number, { before }: typeof words, after: number) =>
    `${before} ${n} ${after}`;
  const labels = NUMBERS.map((n) => `item ${n} 7`);
  for (const batch of [1, undefined, 100]) {
    encoded = 0;
    const args = [words, 7] as const;
    const mapped = computeMap(NUMBERS, label, { args, batch });
    assert.deepEqual(await all(mapped), labels);
    // By default, the number of calls depends on the time that they take.
    if (batch !== undefined) assert.equal(encoded, COUNT / batch);
  }
  const { readable, writable } = runtime.computeTransform(label, {
    args: [words, 7],
  });
  void ReadableStream.from(NUMBERS).pipeTo(writable);
  assert.deepEqual(await all(readable as AsyncIterable<string>), labels);
});

/** Fails for every third number; the result of every fifth cannot be sent. */
function fragile(
  { n, runs }: { n: number; runs: Int32Array },
): (() => void) | string {
  runs[n]++;
  // The items behind a slow one are sent again.
  const end = performance.now() + 1;
  while (n % 50 === 49 && performance.now() < end);
  if (n % 3 === 0) throw new RangeError(`item ${n}`);
  return n % 5 === 0 ? () => {} : `text ${n}`;
}

function checkFragile(items: SettledItem<unknown>[]): void {
  assert.equal(items.length, COUNT);
  items.forEach((item, n) => {
    assert.equal(item.index, n);
    const isRejected = item.status === "rejected";
    assert.equal(isRejected, n % 3 === 0 || n % 5 === 0);
    if (!isRejected) assert.equal(item.value, `text ${n}`);
    else if (n % 3 !== 0) assert.equal(item.reason.name, "DataCloneError");
    else {
      assert.ok(item.reason instanceof RangeError);
      assert.equal(item.reason.message, `item ${n}`);
    }
  });
}

for (const batch of [1, undefined, 100]) {
  test(`With settle, each item yields its result or error and runs once, batch ${batch}`, async () => {
    await using _runtime = await sharedRuntime(1);
    const runs = shared(new Int32Array(COUNT));
    for (const ordered of [true, false]) {
      runs.fill(0);
      const items = NUMBERS.map((n) => ({ n, runs }));
      const outcomes = await all(
        computeMap(items, fragile, { settle: true, batch, ordered }),
      );
      if (!ordered) outcomes.sort((a, b) => a.index - b.index);
      checkFragile(outcomes);
      assert.ok(runs.every((count) => count === 1));
    }
  });

  test(`An error has the index of its item, batch ${batch}`, async () => {
    await using _runtime = await sharedRuntime(1);
    const items: unknown[] = NUMBERS.map((n) => n === LATE ? () => n : n);
    const failures: AsyncIterable<unknown>[] = [
      computeMap(NUMBERS, (n) => {
        if (n === 400) throw new RangeError(`item ${n}`);
      }, { batch }),
      computeMap(NUMBERS, async (n) => {
        if (n === 400) await Promise.reject(new RangeError(`item ${n}`));
      }, { batch, ordered: false }),
      computeMap(NUMBERS, (n) => n === 400 ? () => n : n, { batch }),
      computeMap(items, (n) => n, { batch }),
    ];
    for (const mapped of failures) {
      const error = await failureOf(mapped) as Error & { itemIndex: number };
      assert.equal(error.itemIndex, LATE, `${error}`);
    }
  });
}

test("With settle, an item that cannot be sent does not end the mapping", async () => {
  await using _runtime = await sharedRuntime(1);
  const items: unknown[] = NUMBERS.map((n) => n === LATE ? () => n : n);
  const outcomes = await all(computeMap(items, (n) => n, { settle: true }));
  const rejected = outcomes.filter(({ status }) => status === "rejected");
  assert.deepEqual(rejected.map(({ index }) => index), [LATE]);
  assert.equal(outcomes.length, COUNT);
});

test("With settle, the source and the end of the runtime still end the mapping", async () => {
  const source = function* () {
    yield 1;
    throw new TypeError("source");
  };
  {
    await using _runtime = await sharedRuntime(1);
    const mapped = computeMap(source(), (n) => n, { settle: true });
    const error = await failureOf(mapped);
    assert.equal((error as Error).message, "source");
    assert.ok(!("itemIndex" in (error as Error)));
  }
  const runtime = await new LoomBuilder().computeThreads(1).pinThreads(false)
    .build();
  const endless = function* () {
    for (let n = 0;; n++) yield n;
  };
  const mapped = runtime.computeMap(endless(), (n) => n, { settle: true });
  await mapped.next();
  await runtime.blockUntilIdle();
  assert.ok(await failureOf(mapped) instanceof ShutdownError);
});

test("With settle, the items of the call of a lost worker are rejected, no others", async () => {
  await using runtime = await new LoomBuilder().computeThreads(1)
    .pinThreads(false).build();
  const outcomes = await all(
    runtime.computeMap(NUMBERS.slice(0, 20), (n) => {
      if (n === 9) throw process.exit();
      return n;
    }, { settle: true, batch: 4 }),
  );
  const lost = outcomes.filter((item) => item.status === "rejected");
  assert.deepEqual(lost.map(({ index }) => index), [8, 9, 10, 11]);
  assert.ok(lost.every(({ reason }) => reason instanceof WorkerLostError));
});

/** Calls that answer a little later; records how many items each had. */
function recordingCalls(sizes: number[]): MapCalls<number, number> {
  return {
    workers: 1,
    takesSeveral: () => true,
    rest: () => {},
    hurry: () => {},
    one: async (n) => {
      sizes.push(1);
      await new Promise((go) => setTimeout(go));
      return n;
    },
    several: async (values) => {
      sizes.push(values.length);
      await new Promise((go) => setTimeout(go));
      return { values: [...values], failed: [], elapsedUs: 1 };
    },
  };
}

test("`batch` fixes how many items share a call", async () => {
  let latch = new Latch();
  const sizesOf = async (
    source: Iterable<number> | AsyncIterable<number>,
    batch: number,
    concurrency?: number,
  ) => {
    const sizes: number[] = [];
    const calls = recordingCalls(sizes);
    let seen = 0;
    const options = { batch, concurrency };
    for await (const n of new ConcurrentMap(source, calls, options)) {
      assert.equal(n, seen++);
      if (seen === 50) latch.open();
    }
    assert.equal(seen, 100);
    return sizes;
  };
  const numbers = () => NUMBERS.slice(0, 100);
  assert.deepEqual(await sizesOf(numbers(), 1), new Array(100).fill(1));
  assert.deepEqual(await sizesOf(numbers(), 32), [32, 32, 32, 4]);
  assert.equal(Math.max(...await sizesOf(numbers(), 32, 5)), 5);
  // Items do not wait for a slow source while no call is in flight, nor at its end.
  const waiting = async function* () {
    for (const n of numbers()) {
      yield n;
      if (n === 49) await latch.wait();
    }
  };
  latch = new Latch();
  assert.deepEqual(await sizesOf(waiting(), 32), [1, 32, 17, 1, 32, 17]);
  assert.throws(() => computeMap([], Number, { batch: 0 }), {
    name: "RangeError",
    message: /batch must be a positive integer, got 0/,
  });
});

test("With `batch`, asynchronous functions and module tasks share calls, in turn", async () => {
  await using _runtime = await sharedRuntime(1);
  const mostInside = async (fn: typeof inline, batch?: number) => {
    const inside = shared(new Int32Array(2));
    const items = NUMBERS.slice(0, 64).map((n) => ({ n, inside }));
    const mapped = computeMap(items, fn, { batch, concurrency: 16 });
    assert.deepEqual(await all(mapped), NUMBERS.slice(0, 64));
    return inside[1];
  };
  const inline = async (
    { n, inside }: { n: number; inside: Int32Array },
  ): Promise<number> => {
    inside[1] = Math.max(inside[1], ++inside[0]);
    await new Promise((go) => setTimeout(go));
    inside[0]--;
    return n;
  };
  for (const fn of [inline, overlap]) {
    assert.ok(await mostInside(fn) > 1);
    assert.equal(await mostInside(fn, 16), 1);
  }
});
