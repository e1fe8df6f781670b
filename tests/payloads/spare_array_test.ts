import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { SpareArray } from "../../lib/payloads/spare_array.ts";
import { test } from "../support/test.ts";

const SIZES = [
  20_000,
  20_000,
  20_000,
  30_000,
  20_000,
  20_000,
  8,
  20_000,
  5e6,
  5e6,
];

test("SpareArray.copy() returns equal bytes in an array of their own, prepared or not", () => {
  const source = Uint8Array.from({ length: 5_001_000 }, (_, i) => i * 31);
  for (const prepares of [true, false]) {
    const spare = new SpareArray();
    const buffers = new Set<ArrayBufferLike>();
    for (const [at, size] of SIZES.entries()) {
      const copy = spare.copy(source, at, size);
      assert.equal(Buffer.compare(copy, source.slice(at, at + size)), 0);
      assert.equal(Object.getPrototypeOf(copy), Uint8Array.prototype);
      assert.equal(copy.buffer.byteLength, size);
      buffers.add(copy.buffer);
      if (prepares) spare.prepare();
    }
    assert.equal(buffers.size, SIZES.length);
  }
});

test("SpareArray.prepare() creates an array only after two payloads of one length", () => {
  const spare = new SpareArray();
  const source = new Uint8Array(50_000);
  const isPrepared = () => {
    spare.prepare();
    return spare.isPrepared;
  };
  assert.equal(isPrepared(), false);
  spare.copy(source, 0, 20_000);
  assert.equal(isPrepared(), false);
  spare.copy(source, 0, 20_000);
  assert.equal(isPrepared(), true);
  spare.copy(source, 0, 30_000);
  assert.equal(isPrepared(), false);
  spare.copy(source, 0, 30_000);
  assert.equal(isPrepared(), true);
  spare.drop();
  assert.equal(isPrepared(), false);
});
