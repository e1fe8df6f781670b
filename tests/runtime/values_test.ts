/**
 * Values as arguments and results of calls. The codec has exhaustive tests of its own;
 * these cover how a payload is sent: in the slot, in the arena, by reference, or not at all.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type LoomRuntime, PayloadTooLargeError } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const KIB = 1024;

const sharedRuntime = runtimeOfFile();
const sharedSmallArena = runtimeOfFile((workers) =>
  unpinned(workers).maxPayloadBytes(64 * KIB)
);

const echo = (value: unknown) => value;

test("Values of every kind cross there and back", async () => {
  await using runtime = await sharedRuntime(1);
  const cyclic: Record<string, unknown> = { list: [1, { deep: true }] };
  cyclic.self = cyclic;
  const values: unknown[] = [
    undefined,
    null,
    true,
    false,
    0,
    -0,
    NaN,
    Infinity,
    2 ** 53,
    1n << 200n,
    -1n,
    "",
    "weft",
    "\u{1F9F5}\u0000é\ud800",
    [],
    new Array(3),
    {},
    new Date(0),
    /w(ar|e)ft?/giu,
    new Map<unknown, unknown>([[{ key: 1 }, new Set([1, "two"])]]),
    new Uint8Array([1, 2, 3]),
    new Float64Array([NaN, -0, Infinity]),
    new BigInt64Array([-1n]),
    new DataView(new Uint8Array([1, 2, 3]).buffer, 1, 1),
    new Uint8Array([9]).buffer,
    new RangeError("kept", { cause: "why" }),
    cyclic,
  ];
  for (const value of values) {
    const back = await runtime.spawnCompute(echo, value);
    assert.deepEqual(back, value);
    assert.ok(typeof value === "object" || Object.is(back, value));
  }
  // Several arguments keep the objects that they share.
  const shared = { n: 1 };
  assert.ok(
    await runtime.spawnCompute(
      (a: unknown, b: unknown, ...none: unknown[]) =>
        a === b && none.length === 2 && none[0] === undefined,
      shared,
      shared,
      undefined,
      undefined,
    ),
  );
});

test("Bytes and strings of every size cross, in the slot and through the arena", async () => {
  await using runtime = await sharedRuntime(1);
  const sizes = [0, 1, 100, 512, 4 * KIB, 64 * KIB, 1024 * KIB, 2_000_000];
  // Around the largest size that fits into the slot.
  for (let size = 200; size <= 280; size++) sizes.push(size);
  for (const size of sizes) {
    const bytes = new Uint8Array(size).map((_, i) => i * 7);
    const back = await runtime.spawnCompute(
      (bytes: Uint8Array) => bytes,
      bytes,
    );
    assert.equal(back.length, size);
    assert.ok(back.every((byte, i) => byte === bytes[i]), `${size} bytes`);
    const text = "é".repeat(size % 1000) + "w".repeat(size);
    const same = await runtime.spawnCompute((text: string) => text, text);
    assert.ok(same === text, `text of ${text.length}`);
  }
});

test("Small payloads stay intact while the arena grows", async () => {
  await using runtime = await unpinned(2).build();
  const numbers = Array.from({ length: 1_000 }, (_, n) => n);
  // Each is too large for a slot; together they exceed the initial size of the arena.
  const texts = numbers.map((n) => `${n} `.padEnd(400, "w"));
  const calls = texts.map((text) =>
    runtime.spawnCompute((text: string) => `${text}!`, text)
  );
  assert.deepEqual(await Promise.all(calls), texts.map((text) => `${text}!`));
});

test("A payload above the limit is an error in both directions", async () => {
  await using runtime = await sharedSmallArena(1);
  const make = (size: number) => new Uint8Array(size);
  const size = (bytes: Uint8Array) => bytes.length;
  const tooLarge = (error: unknown) => {
    assert.ok(error instanceof PayloadTooLargeError);
    assert.equal(error.limitBytes, 64 * KIB);
    assert.ok(error.payloadBytes > 64 * KIB);
    assert.match(error.message, /raise maxPayloadBytes/);
    return true;
  };
  for (let round = 0; round < 3; round++) {
    await assert.rejects(runtime.spawnCompute(size, make(64 * KIB)), tooLarge);
    await assert.rejects(runtime.spawnCompute(make, 64 * KIB), tooLarge);
    await assert.rejects(
      runtime.spawnCompute((size: number) => {
        throw new Error("x".repeat(size));
      }, 64 * KIB),
      /x{100}|limit is 65536/,
    );
    // The largest allowed payload works, and so does a call after the error.
    assert.equal(await runtime.spawnCompute(size, make(63 * KIB)), 63 * KIB);
    assert.equal((await runtime.spawnCompute(make, 63 * KIB)).length, 63 * KIB);
  }
  assert.ok(runtime.isIdle());
});

for (const workers of [1, 3]) {
  test(`Calls that do not fit the arena at once all settle, on ${workers}`, async () => {
    await using runtime = await sharedSmallArena(workers);
    // Each almost fills the arena, so arguments and results have to wait.
    await checkMany(runtime, () => 60 * KIB);
    // Of different sizes, so that freed blocks do not fit the next payload.
    await checkMany(runtime, (i) => 1 + (i * 7919) % (60 * KIB));
    assert.ok(runtime.isIdle());
  });
}

test("A value that cannot be cloned is a DataCloneError with the path to it", async () => {
  await using runtime = await sharedRuntime(1);
  const cloneError = (path: RegExp) => (error: unknown) => {
    assert.ok(error instanceof DOMException);
    assert.equal(error.name, "DataCloneError");
    assert.match(error.message, path);
    return true;
  };
  await assert.rejects(
    runtime.spawnCompute(echo, { a: [1, { go: () => {} }] }),
    cloneError(/argument.*\.a\[1\]\.go is a function/),
  );
  await assert.rejects(
    runtime.spawnCompute((_: number, value: unknown) => value, 1, Symbol("s")),
    cloneError(/argument.*is a symbol/),
  );
  await assert.rejects(
    runtime.spawnCompute(() => ({ list: [new Map([["k", new WeakMap()]])] })),
    cloneError(/result\.list\[0\]\.get\("k"\) is a WeakMap/),
  );
  assert.equal(await runtime.spawnCompute(echo, 1), 1);
  assert.ok(runtime.isIdle());
});

/** 100 calls at once, each of which returns its argument with one more in each byte. */
async function checkMany(
  runtime: LoomRuntime,
  sizeOf: (i: number) => number,
): Promise<void> {
  const addOne = (bytes: Uint8Array) => bytes.map((byte) => byte + 1);
  const calls = Array.from({ length: 100 }, (_, i) => {
    const bytes = new Uint8Array(sizeOf(i)).fill(i);
    return runtime.spawnCompute(addOne, bytes);
  });
  for (const [i, back] of (await Promise.all(calls)).entries()) {
    assert.equal(back.length, sizeOf(i));
    assert.ok(back.every((byte) => byte === i + 1), `call ${i}`);
  }
}
