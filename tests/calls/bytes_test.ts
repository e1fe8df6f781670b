import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const LIMIT = 1 << 16;
const sharedRuntime = runtimeOfFile((workers) =>
  unpinned(workers).maxPayloadBytes(LIMIT)
);

const echo = <T>(value: T) => value;
const describe = (value: unknown) => {
  const { name } = (value as object).constructor;
  const { byteOffset, byteLength, buffer } = value as Uint8Array<ArrayBuffer>;
  const rest = [byteOffset, byteLength, buffer.byteLength, buffer.resizable];
  return [name, ...rest].join();
};

class Bytes extends Uint8Array {}

/** Each size of memory: the inline area of a slot, a small and a large block. */
for (const size of [1, 100, 256, 257, 1000, 40_000]) {
  test(`Views of all or part of ${size} bytes arrive as structuredClone() copies them`, async () => {
    await using runtime = await sharedRuntime(1);
    const filled = () => Uint8Array.from({ length: size }, (_, i) => i * 31);
    const whole = filled();
    const resizable = new ArrayBuffer(size, { maxByteLength: size });
    new Uint8Array(resizable).set(whole);
    const views = [
      whole,
      new Uint8ClampedArray(whole),
      new DataView(filled().buffer),
      new Bytes(whole),
      whole.subarray(size >> 1),
      new Uint8Array(resizable),
      new Uint8Array(resizable, 0, size),
    ];
    for (const view of views) {
      const clone = structuredClone(view);
      const there = await runtime.spawnCompute(describe, view);
      assert.equal(there, describe(clone));
      const back = await runtime.spawnCompute(echo, view) as typeof view;
      assert.equal(describe(back), describe(clone));
      assert.deepEqual(
        new Uint8Array(back.buffer, back.byteOffset, back.byteLength),
        new Uint8Array(view.buffer, view.byteOffset, view.byteLength),
      );
    }
    const buffer = await runtime.spawnCompute(echo, Buffer.from(filled()));
    assert.ok(Buffer.isBuffer(buffer));
    assert.deepEqual(new Uint8Array(buffer), whole);
  });
}

test("Bytes beside another argument, and none at all, arrive", async () => {
  await using runtime = await sharedRuntime(1);
  const count = (a: Uint8Array, b = a) => a.length + b.length;
  assert.equal(await runtime.spawnCompute(count, new Uint8Array(7)), 14);
  assert.equal(
    await runtime.spawnCompute(count, new Uint8Array(7), new Uint8Array(1)),
    8,
  );
  assert.deepEqual(
    await runtime.spawnCompute(echo, new Uint8Array(0)),
    new Uint8Array(0),
  );
});

test("Bytes up to the limit arrive, and more are an error", async () => {
  await using runtime = await sharedRuntime(1);
  const make = (length: number) => new Uint8Array(length).fill(1);
  for (let length = LIMIT - 32; length <= LIMIT + 8; length++) {
    const outcomes = await Promise.allSettled([
      runtime.spawnCompute((bytes: Uint8Array) => bytes.length, make(length)),
      runtime.spawnCompute(make, length),
    ]);
    const [there, back] = outcomes.map((outcome) =>
      outcome.status === "rejected" ? outcome.reason.name : length
    );
    if (length <= LIMIT - 24) assert.equal(there, length);
    if (length > LIMIT) assert.equal(there, "PayloadTooLargeError");
    if (length <= LIMIT - 24) assert.equal(back, length);
    if (length > LIMIT) assert.equal(back, "PayloadTooLargeError");
  }
});

test("More calls with bytes than there are slots and blocks all finish", async () => {
  await using runtime = await sharedRuntime(2);
  const calls = Array.from(
    { length: 3000 },
    (_, i) => runtime.spawnCompute(echo, new Uint8Array(1 + i % 2000).fill(i)),
  );
  for (const [i, bytes] of (await Promise.all(calls)).entries()) {
    assert.equal(bytes.length, 1 + i % 2000);
    assert.ok(bytes.every((byte) => byte === (i & 0xff)));
  }
});

test("Properties of bytes that contradict their slots do no harm", async () => {
  await using runtime = await sharedRuntime(1);
  const lie = (key: string, value: unknown) =>
    Object.defineProperty(new Uint8Array(5000).fill(7), key, { value });
  const lies = [
    lie("byteLength", 10),
    lie("length", 10),
    lie("buffer", new ArrayBuffer(10)),
    Object.defineProperty(lie("byteLength", 10), "buffer", {
      value: new ArrayBuffer(10),
    }),
  ];
  for (const bytes of lies) {
    await Promise.allSettled([runtime.spawnCompute(echo, bytes)]);
    // The memory around them is intact.
    const values = Array.from({ length: 20 }, (_, i) => ({ i, list: [i] }));
    assert.deepEqual(
      await Promise.all(values.map((v) => runtime.spawnCompute(echo, v))),
      values,
    );
  }
});

test("A getter of bytes that makes a call or throws takes no slot of theirs", async () => {
  await using runtime = await sharedRuntime(1);
  const inner: Promise<number>[] = [];
  const calling = Object.defineProperty(new Uint8Array(9), "buffer", {
    get() {
      inner.push(runtime.spawnCompute((n: number) => n + 1, 1));
      return new ArrayBuffer(9);
    },
  });
  await runtime.spawnCompute(echo, calling);
  for (const n of await Promise.all(inner)) assert.equal(n, 2);
  assert.notEqual(inner.length, 0);
  const throws = () =>
    Object.defineProperty(new Uint8Array(9), "buffer", {
      get() {
        throw new RangeError("from the getter");
      },
    });
  await assert.rejects(runtime.spawnCompute(echo, throws()), /from the getter/);
  await assert.rejects(runtime.spawnCompute(throws), /from the getter/);
  assert.equal(await runtime.spawnCompute((n: number) => n, 3), 3);
});
