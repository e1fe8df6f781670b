import assert from "node:assert/strict";
import { computeMap, shared } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { Latch } from "../support/latch.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** A source that records how many numbers it has yielded, and whether it was stopped. */
class Numbers {
  yielded = 0;
  stopped = false;

  *upTo(end: number): Generator<number> {
    try {
      while (this.yielded < end) yield this.yielded++;
    } finally {
      this.stopped = true;
    }
  }

  async *slowlyUpTo(end: number): AsyncGenerator<number> {
    for (const n of this.upTo(end)) {
      await Promise.resolve();
      yield n;
    }
  }
}

const double = (n: number) => n * 2;

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const array: T[] = [];
  for await (const item of items) array.push(item);
  return array;
}

function streamOf(items: Iterable<number>): ReadableStream<number> {
  const iterator = items[Symbol.iterator]();
  return new ReadableStream({
    pull(controller) {
      const { done, value } = iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel() {
      iterator.return?.();
    },
  });
}

test("More items than slots are in flight in the smallest pool", async () => {
  await using runtime = await unpinned(2).computePoolSize(1).build();
  const items = Array.from({ length: 500 }, (_, i) => ({ i }));
  const mapped = runtime.computeMap(items, ({ i }) => i, { concurrency: 64 });
  assert.deepEqual(await all(mapped), items.map(({ i }) => i));
});

for (const concurrency of [1, 3, 64]) {
  test(`Every kind of source is mapped in order, concurrency ${concurrency}`, async () => {
    await using _runtime = await sharedRuntime(2);
    const expected = Array.from({ length: 500 }, (_, i) => i * 2);
    const sources = [
      () => expected.map((n) => n / 2),
      () => new Numbers().upTo(500),
      () => new Numbers().slowlyUpTo(500),
      () => streamOf(new Numbers().upTo(500)),
    ];
    for (const source of sources) {
      const ordered = computeMap(source(), double, { concurrency });
      assert.deepEqual(await all(ordered), expected);
      const any = computeMap(source(), double, { concurrency, ordered: false });
      assert.deepEqual((await all(any)).sort((a, b) => a - b), expected);
    }
    assert.deepEqual(await all(computeMap([], double, { concurrency })), []);
  });

  test(`At most ${concurrency} items are in flight`, async () => {
    await using _runtime = await sharedRuntime(2);
    for (const ordered of [true, false]) {
      for (const kind of ["upTo", "slowlyUpTo"] as const) {
        const numbers = new Numbers();
        const source = numbers[kind](1_000);
        let done = 0;
        let most = 0;
        const mapped = computeMap<number, number>(source, double, {
          concurrency,
          ordered,
        });
        for await (const _ of mapped) {
          most = Math.max(most, numbers.yielded - done);
          // Gives the source time to run ahead, which it must not do.
          if (done % 100 === 0) await new Promise((go) => setTimeout(go));
          most = Math.max(most, numbers.yielded - done);
          done++;
        }
        assert.equal(done, 1_000);
        assert.ok(most <= concurrency, `${most} at once`);
      }
    }
  });
}

/** Counts concurrent calls: cell 0 is the current number, cell 1 the maximum. */
async function countedDouble(
  { n, inside }: { n: number; inside: Int32Array },
): Promise<number> {
  const now = Atomics.add(inside, 0, 1) + 1;
  let most = Atomics.load(inside, 1);
  while (most < now) {
    const seen = Atomics.compareExchange(inside, 1, most, now);
    if (seen === most) break;
    most = seen;
  }
  // Its worker runs other calls meanwhile, so there are more calls than workers.
  if (n % 16 === 0) await new Promise((go) => setTimeout(go));
  Atomics.sub(inside, 0, 1);
  return n * 2;
}

const ITEMS = sized(1_000, 100_000);

for (const ordered of [true, false]) {
  stressTest(
    `Of ${ITEMS} items no more than 64 are ever in flight, ordered ${ordered}`,
    async () => {
      await using _runtime = await sharedRuntime(2);
      const inside = shared(new Int32Array(2));
      let read = 0;
      let done = 0;
      let most = 0;
      let sum = 0;
      const source = function* () {
        while (read < ITEMS) {
          const item = { n: read++, inside };
          most = Math.max(most, read - done);
          yield item;
        }
      };
      const mapped = computeMap(source(), countedDouble, {
        concurrency: 64,
        ordered,
      });
      for await (const doubled of mapped) {
        if (ordered) assert.equal(doubled, done * 2);
        sum += doubled;
        most = Math.max(most, read - done);
        done++;
      }
      assert.deepEqual([read, done, sum], [ITEMS, ITEMS, ITEMS * (ITEMS - 1)]);
      // What may be in flight is made use of, too.
      assert.equal(most, 64);
      assert.equal(inside[0], 0);
      assert.ok(inside[1] <= 64, `${inside[1]} in workers`);
    },
  );
}

test("With concurrency 1 no item is read before the consumer requests it", async () => {
  await using _runtime = await sharedRuntime(2);
  const numbers = new Numbers();
  const mapped = computeMap(numbers.upTo(9), double, { concurrency: 1 });
  assert.equal(numbers.yielded, 0);
  for (let n = 0; n < 9; n++) {
    assert.deepEqual(await mapped.next(), { done: false, value: n * 2 });
    assert.equal(numbers.yielded, n + 1);
  }
  assert.deepEqual(await mapped.next(), { done: true, value: undefined });
  assert.ok(numbers.stopped);
});

test("Unordered results do not wait for a slow item", async () => {
  await using _runtime = await sharedRuntime(2);
  const gate = shared(new Int32Array(1));
  const source = [0, 1, 2, 3].map((n) => ({ n, gate }));
  const mapped = computeMap(source, ({ n, gate }) => {
    // The first item waits until all other results were returned.
    while (n === 0 && Atomics.load(gate, 0) === 0) Atomics.wait(gate, 0, 0, 99);
    return n;
  }, { concurrency: 2, ordered: false });
  const seen: number[] = [];
  for await (const n of mapped) {
    seen.push(n);
    if (seen.length === 3) {
      Atomics.store(gate, 0, 1);
      Atomics.notify(gate, 0);
    }
  }
  assert.deepEqual(seen, [1, 2, 3, 0]);
});

test("Leaving the loop early stops the source", async () => {
  await using _runtime = await sharedRuntime(2);
  for (const kind of ["upTo", "slowlyUpTo"] as const) {
    const numbers = new Numbers();
    const source = numbers[kind](1_000_000);
    for await (
      const n of computeMap<number, number>(source, double, { concurrency: 8 })
    ) {
      if (n === 20) break;
    }
    assert.ok(numbers.yielded < 40);
    // A generator stops only after its current step.
    while (!numbers.stopped) await new Promise((go) => setTimeout(go));
  }
});

test("Leaving does not wait for a source that never yields", async () => {
  await using _runtime = await sharedRuntime(2);
  const latch = new Latch();
  const silent = (async function* () {
    yield 1;
    await latch.wait();
  })();
  for await (const n of computeMap<number, number>(silent, double)) {
    assert.equal(n, 2);
    break;
  }
  latch.open();
});

for (const ordered of [true, false]) {
  test(`Concurrent calls of next() get their results one after another, ordered ${ordered}`, async () => {
    await using _runtime = await sharedRuntime(2);
    const mapped = computeMap(new Numbers().upTo(9), double, {
      concurrency: 2,
      ordered,
    });
    const results = await Promise.all(
      Array.from({ length: 10 }, () => mapped.next()),
    );
    assert.deepEqual(results.pop(), { done: true, value: undefined });
    const values = results.map(({ value }) => value);
    if (!ordered) values.sort((a, b) => a - b);
    assert.deepEqual(values, [0, 2, 4, 6, 8, 10, 12, 14, 16]);
  });

  test(`Results after return() are dropped, ordered ${ordered}`, async () => {
    await using runtime = await sharedRuntime(2);
    const mapped = computeMap(new Numbers().upTo(99), double, {
      concurrency: 8,
      ordered,
    });
    await mapped.next();
    await mapped.return!();
    while (!runtime.isIdle()) await new Promise((go) => setTimeout(go));
    assert.deepEqual(await mapped.next(), { done: true, value: undefined });
  });
}

for (const ordered of [true, false]) {
  test(`A failing item ends the mapping and the source, ordered ${ordered}`, async () => {
    await using _runtime = await sharedRuntime(2);
    const numbers = new Numbers();
    const seen: number[] = [];
    const mapped = computeMap(numbers.upTo(1_000), (n: number) => {
      if (n === 10) throw new RangeError("item 10");
      return n;
    }, { concurrency: 4, ordered });
    const loop = async () => {
      for await (const n of mapped) seen.push(n);
    };
    await assert.rejects(loop(), { name: "RangeError", message: "item 10" });
    if (ordered) assert.deepEqual(seen, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.ok(numbers.stopped);
    assert.deepEqual(await mapped.next(), { done: true, value: undefined });
  });
}

test("A failing source ends the mapping", async () => {
  await using _runtime = await sharedRuntime(2);
  const sources = [
    function* () {
      yield 1;
      throw new RangeError("source");
    },
    async function* () {
      yield await Promise.resolve(1);
      throw new RangeError("source");
    },
  ];
  for (const source of sources) {
    await assert.rejects(all(computeMap(source(), double)), {
      message: "source",
    });
  }
  // As in for-of, a source that failed is not closed.
  let closed = false;
  const failing: Iterator<number> = {
    next: () => {
      throw new RangeError("source");
    },
    return: () => {
      closed = true;
      return { done: true, value: undefined };
    },
  };
  const iterable = { [Symbol.iterator]: () => failing };
  await assert.rejects(all(computeMap(iterable, double)), RangeError);
  assert.ok(!closed);
  assert.throws(() => computeMap(7 as unknown as [], double), TypeError);
  assert.throws(() => computeMap([], double, { concurrency: 0 }), RangeError);
});

test(
  "An aborted signal ends the mapping immediately, even if the source never yields",
  async () => {
    await using _runtime = await sharedRuntime(2);
    const abort = new AbortController();
    const latch = new Latch();
    const silent = (async function* () {
      await latch.wait();
      yield 1;
    })();
    const mapped = computeMap(silent, double, { signal: abort.signal });
    const next = mapped.next();
    abort.abort(new Error("enough"));
    await assert.rejects(next, { message: "enough" });
    assert.deepEqual(await mapped.next(), { done: true, value: undefined });
    latch.open();
    const late = computeMap([1], double, { signal: abort.signal });
    await assert.rejects(late.next(), { message: "enough" });
  },
);

test("computeTransform() maps between two streams", async () => {
  await using runtime = await sharedRuntime(2);
  const numbers = new Numbers();
  const readable = streamOf(numbers.upTo(300))
    .pipeThrough(runtime.computeTransform(double, { concurrency: 4 }));
  const expected = Array.from({ length: 300 }, (_, i) => i * 2);
  assert.deepEqual(await all(readable as AsyncIterable<number>), expected);
});

test(
  "Cancelling the result of computeTransform() stops the source",
  async () => {
    await using runtime = await sharedRuntime(2);
    const numbers = new Numbers();
    const reader = streamOf(numbers.upTo(1_000_000))
      .pipeThrough(runtime.computeTransform(double, { concurrency: 4 }))
      .getReader();
    assert.deepEqual(await reader.read(), { done: false, value: 0 });
    await reader.cancel(new Error("enough"));
    while (!numbers.stopped) await new Promise((go) => setTimeout(go));
    assert.ok(numbers.yielded < 20);
  },
);

test("A failing item of computeTransform() fails both streams", async () => {
  await using runtime = await sharedRuntime(2);
  const { readable, writable } = runtime.computeTransform((n: number) => {
    if (n === 2) throw new RangeError("item 2");
    return n;
  }, { concurrency: 1 });
  const numbers = new Numbers();
  const piped = streamOf(numbers.upTo(1_000)).pipeTo(writable);
  const [read, wrote] = await Promise.allSettled([
    all(readable as AsyncIterable<number>),
    piped,
  ]);
  assert.equal(read.status, "rejected");
  assert.equal(wrote.status, "rejected");
  assert.equal(read.reason.message, "item 2");
  assert.ok(numbers.stopped);
});
