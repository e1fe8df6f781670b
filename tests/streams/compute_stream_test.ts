import assert from "node:assert/strict";
import { computeStream, WorkerLostError } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

function* count(length: number): Generator<number> {
  for (let i = 0; i < length; i++) yield i;
}

stressTest(
  "the items of a generator on a worker arrive once and in order",
  async () => {
    await using runtime = await sharedRuntime(2);
    const length = sized(5_000, 500_000);
    let next = 0;
    for await (const n of runtime.computeStream(count, length)) {
      assert.equal(n, next++);
    }
    assert.equal(next, length);
    async function* texts(length: number) {
      for (let i = 0; i < length; i++) {
        if (i % 100 === 0) await new Promise((resolve) => setTimeout(resolve));
        yield { text: `item ${i}` };
      }
    }
    next = 0;
    for await (const { text } of computeStream(texts, 500)) {
      assert.equal(text, `item ${next++}`);
    }
    assert.equal(next, 500);
    const letters: string[] = [];
    // Any iterable, and values that are large or share memory.
    const words = (buffer: SharedArrayBuffer) => [
      "a",
      new Uint8Array(300_000).fill(9),
      new Int32Array(buffer),
    ];
    const buffer = new SharedArrayBuffer(4);
    for await (const item of runtime.computeStream(words, buffer)) {
      if (typeof item === "string") letters.push(item);
      else if (item instanceof Uint8Array) assert.equal(item[299_999], 9);
      else Atomics.add(item, 0, 1);
    }
    assert.deepEqual(letters, ["a"]);
    assert.equal(new Int32Array(buffer)[0], 1);
  },
);

test("a slow consumer holds a generator up, and leaving the loop ends it", async () => {
  await using runtime = await sharedRuntime(2);
  const state = runtime.alloc(Int32Array, 2);
  function* endless(state: Int32Array): Generator<Uint8Array> {
    try {
      while (true) {
        Atomics.add(state, 0, 1);
        yield new Uint8Array(1_000);
      }
    } finally {
      Atomics.store(state, 1, 1);
    }
  }
  let received = 0;
  for await (const _ of runtime.computeStream(endless, state)) {
    if (++received === 1) {
      // The generator runs ahead until it is held up.
      let made = -1;
      while (made !== Atomics.load(state, 0)) {
        made = Atomics.load(state, 0);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      assert.ok(made < 5_000, `${made} items were made`);
    }
    if (received === 10_000) break;
  }
  assert.equal(Atomics.load(state, 1), 1, "finally has run");
  assert.equal(runtime.isIdle(), true);
});

test("leaving the loop ends an asynchronous generator when it yields", async () => {
  await using runtime = await sharedRuntime(1);
  const state = runtime.alloc(Int32Array, 1);
  async function* ticks(state: Int32Array) {
    try {
      for (let i = 0;; i++) {
        yield i;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
    } finally {
      await Promise.resolve();
      state[0] = 1;
    }
  }
  for await (const n of runtime.computeStream(ticks, state)) if (n === 3) break;
  assert.equal(state[0], 1);
  // Never started: no call.
  const unused = runtime.computeStream(ticks, state);
  assert.deepEqual(await unused.return!(), { value: undefined, done: true });
});

test("what a generator throws comes after its items, with class and stack", async () => {
  await using runtime = await sharedRuntime(1);
  function* failing(): Generator<number> {
    yield 1;
    yield 2;
    throw new RangeError("no more");
  }
  const received: number[] = [];
  await assert.rejects(async () => {
    for await (const n of runtime.computeStream(failing)) received.push(n);
  }, (error: Error) => {
    assert.ok(error instanceof RangeError);
    assert.match(error.stack!, /failing/);
    return error.message === "no more";
  });
  assert.deepEqual(received, [1, 2]);
  // A value that cannot be sent ends the generator there.
  function* mixed(): Generator<unknown> {
    for (let i = 0; i < 50; i++) yield i;
    yield () => {};
  }
  received.length = 0;
  await assert.rejects(async () => {
    for await (const n of runtime.computeStream(mixed)) {
      received.push(n as number);
    }
  }, /function/);
  assert.equal(received.length, 50);
});

test("a stream whose worker ends rejects after the items that were sent", async () => {
  await using runtime = await sharedRuntime(1);
  function* dying(): Generator<number> {
    yield 1;
    process.exit();
  }
  const stream = runtime.computeStream(dying);
  assert.deepEqual(await stream.next(), { value: 1, done: false });
  await assert.rejects(stream.next(), WorkerLostError);
  assert.deepEqual(await stream.next(), { value: undefined, done: true });
  const wrong = runtime.computeStream((() => 5) as never);
  await assert.rejects(wrong.next(), /returned number; pass a generator/);
  const factor = 2;
  const capturing = runtime.computeStream(function* () {
    yield factor;
  });
  await assert.rejects(capturing.next(), /factor/);
});

test("calls of next() that overlap get the items in order", async () => {
  await using runtime = await sharedRuntime(1);
  const stream = runtime.computeStream(count, 5);
  const results = await Promise.all(
    Array.from({ length: 7 }, () => stream.next()),
  );
  assert.deepEqual(results.map(({ value }) => value), [
    0,
    1,
    2,
    3,
    4,
    undefined,
    undefined,
  ]);
  await stream.return!();
});
