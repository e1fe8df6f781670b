import assert from "node:assert/strict";
import { computeMap, LoomBuilder, shared } from "../../mod.ts";
import { ConcurrentMap } from "../../lib/streams/concurrent_map.ts";
import type { MapCalls } from "../../lib/streams/sender.ts";
import { mayRunItems } from "../../lib/tasks/left_work.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** So many items that most of them share calls. */
const COUNT = 5_000;
/** An item that is special. */
const LATE = 4_000;

const NUMBERS = Array.from({ length: COUNT }, (_, n) => n);

/** Reads everything up to the error. */
async function readAll<T>(
  results: AsyncIterable<T>,
): Promise<{ seen: T[]; error: Error | undefined }> {
  const seen: T[] = [];
  try {
    for await (const result of results) seen.push(result);
  } catch (error) {
    return { seen, error: error as Error };
  }
  return { seen, error: undefined };
}

/** Calls that answer at once and say that each item took so long. */
function fakeCalls(
  usOfItem: (n: number) => number,
  sizes: number[],
): MapCalls<number, number> {
  return {
    workers: 2,
    takesSeveral: () => true,
    rest: () => {},
    hurry: () => {},
    one: (n) => {
      sizes.push(1);
      return Promise.resolve(n);
    },
    several: (items) => {
      sizes.push(items.length);
      const elapsedUs = items.reduce((sum, n) => sum + usOfItem(n), 0);
      return Promise.resolve({
        values: [...items],
        failed: [],
        elapsedUs,
      });
    },
  };
}

test("Items share a call as long as that takes about 50 microseconds", async () => {
  const sizesOf = async (us: (n: number) => number, concurrency?: number) => {
    const sizes: number[] = [];
    const calls = fakeCalls(us, sizes);
    const { seen } = await readAll(
      new ConcurrentMap(NUMBERS, calls, { concurrency }),
    );
    assert.deepEqual(seen, NUMBERS);
    return sizes;
  };
  assert.equal(Math.max(...await sizesOf(() => 30)), 1);
  assert.equal(Math.max(...await sizesOf(() => 5)), 10);
  // 4,096 items at most are in flight, in 16 calls for each of the two workers.
  assert.equal(Math.max(...await sizesOf(() => 0.01)), 128);
  // Each of the two workers has a call to run and one that follows.
  assert.equal(Math.max(...await sizesOf(() => 0.01, 64)), 16);
  assert.equal(Math.max(...await sizesOf(() => 0.01, 4)), 1);
  // A high limit does not mean many calls with one item each.
  const alone = (await sizesOf(() => 0.01, COUNT)).filter((size) => size === 1);
  assert.ok(alone.length <= 64, `${alone.length}`);
  const slower = await sizesOf((n) => n < 2_000 ? 1 : 1_000);
  assert.equal(Math.max(...slower), 50);
  assert.equal(Math.max(...slower.slice(-100)), 1);
});

test("Only functions whose calls do not depend on each other run on several items", () => {
  const runsItems = (source: string) =>
    mayRunItems({ kind: "source", source: `(${source}\n)` });
  assert.ok(runsItems("(n) => n * 2"));
  assert.ok(!runsItems("async (n) => n * 2"));
  assert.ok(!runsItems("(n) => Promise.resolve(n)"));
  assert.ok(!runsItems("(gate) => Atomics.wait(gate, 0, 0)"));
  assert.ok(!mayRunItems({ kind: "module", url: "file:///a.ts", name: "a" }));
});

test("Items of one call do not share objects", async () => {
  await using _runtime = await sharedRuntime(1);
  const box = { n: 0 };
  // Within an item, it stays one object.
  const items = NUMBERS.map((n) => ({ n, box, same: box }));
  const mapped = computeMap(items, ({ n, box, same }) => {
    same.n++;
    return { n, box, times: box.n };
  });
  let n = 0;
  let last: unknown;
  for await (const result of mapped) {
    assert.deepEqual(result, { n: n++, box: { n: 1 }, times: 1 });
    assert.notEqual(result.box, last);
    last = result.box;
  }
  assert.equal(n, COUNT);
});

for (const ordered of [true, false]) {
  test(`Of items that share a call, one that fails ends the mapping at its place, ordered ${ordered}`, async () => {
    await using _runtime = await sharedRuntime(1);
    const { seen, error } = await readAll(
      computeMap(NUMBERS, function failing(n) {
        if (n === 4_000) throw new RangeError(`item ${n}`);
        return `text ${n}`;
      }, { ordered }),
    );
    assert.ok(error instanceof RangeError);
    assert.equal(error.message, "item 4000");
    assert.match(error.stack!, /failing/);
    assert.match(error.stack!, /called .*from/);
    if (ordered) {
      assert.deepEqual(seen, NUMBERS.slice(0, LATE).map((n) => `text ${n}`));
    }
  });
}

test("Of items that share a call, one that cannot be sent ends the mapping at its place", async () => {
  await using _runtime = await sharedRuntime(1);
  const badResult = await readAll(
    computeMap(NUMBERS, (n) => n === 4_000 ? () => n : n),
  );
  assert.equal(badResult.error?.name, "DataCloneError");
  assert.deepEqual(badResult.seen, NUMBERS.slice(0, LATE));
  const items: unknown[] = NUMBERS.map((n) => n === LATE ? () => n : n);
  const badItem = await readAll(computeMap(items, (n) => n));
  assert.equal(badItem.error?.name, "DataCloneError");
  assert.match(badItem.error.message, /argument 1/);
  assert.deepEqual(badItem.seen, NUMBERS.slice(0, LATE));
});

test("A function that begins to return promises is still mapped", async () => {
  await using _runtime = await sharedRuntime(1);
  const { seen, error } = await readAll(
    computeMap(NUMBERS, (n) => n < 4_000 ? `${n}` : new Blob([`${n}`]).text()),
  );
  assert.equal(error, undefined);
  assert.deepEqual(seen, NUMBERS.map(String));
});

test("Each item runs once, although a slow one ends its call early", async () => {
  await using _runtime = await sharedRuntime(1);
  const runs = shared(new Int32Array(COUNT));
  const items = NUMBERS.map((n) => ({ n, runs }));
  for (const ordered of [true, false]) {
    runs.fill(0);
    const { seen } = await readAll(
      computeMap(items, ({ n, runs }) => {
        runs[n]++;
        const end = performance.now() + 5;
        while (n % 1_500 === 1_499 && performance.now() < end);
        return n;
      }, { ordered }),
    );
    if (!ordered) seen.sort((a, b) => a - b);
    assert.deepEqual(seen, NUMBERS);
    assert.ok(runs.every((count) => count === 1));
  }
});

test("Results that share a call may exceed maxPayloadBytes together", async () => {
  await using runtime = await new LoomBuilder().computeThreads(1)
    .pinThreads(false).maxPayloadBytes(4096).build();
  const { seen, error } = await readAll(
    runtime.computeMap(NUMBERS, (n) => `${n}`.repeat(n < 2_000 ? 1 : 200)),
  );
  assert.equal(error, undefined);
  assert.deepEqual(
    seen,
    NUMBERS.map((n) => `${n}`.repeat(n < 2_000 ? 1 : 200)),
  );
});

test("runtime.inFlight counts items that share a call", async () => {
  await using runtime = await sharedRuntime(1);
  let most = 0;
  for await (const n of computeMap(NUMBERS, (n) => n, { concurrency: 64 })) {
    assert.ok(runtime.inFlight.compute <= 64);
    if (n > 1_000) most = Math.max(most, runtime.inFlight.compute);
  }
  // More than there are calls.
  assert.ok(most > 8, `${most}`);
  assert.equal(runtime.inFlight.compute, 0);
});
