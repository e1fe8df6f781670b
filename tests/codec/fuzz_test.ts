import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { Decoder } from "../../lib/codec/decoder.ts";
import { Encoder, toBytes } from "../../lib/codec/encoder.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import { Random } from "./random.ts";
import { createShapeStore } from "./round_trip.ts";
import { randomValue } from "./random_values.ts";
import * as tag from "../../lib/codec/tags.ts";

const RESOLVED = new SharedArrayBuffer(64);
const memory = {
  share: () => ({ sender: 0, number: 0 }),
  resolve: () => RESOLVED,
};
const store = createShapeStore();
const encoder = new Encoder(store);
const decoder = new Decoder(store);

/** Longest message of this file, and how much a message may allocate for each of its bytes. */
const MAX_BYTES = 1 << 12;

function encode(value: unknown): Uint8Array<ArrayBuffer> {
  return toBytes(encoder.encode(value, "value", memory));
}

/** Decodes bytes that lie between those of other messages; our own errors are fine. */
function decodeAnything(bytes: Uint8Array, asArguments: boolean): unknown {
  const room = new Uint8Array(new SharedArrayBuffer(bytes.length + 64));
  room.fill(0x8b); // The value 11, so that reading too far finds valid values.
  room.set(bytes, 16);
  try {
    return asArguments
      ? decoder.decodeArguments(room, 16, bytes.length, memory)
      : decoder.decode(room, 16, bytes.length, memory);
  } catch (error) {
    ok(
      error instanceof Error &&
        error.message.startsWith("Cannot decode message: "),
      error as Error,
    );
  }
}

/** What a value could have changed for the rest of the program. */
function globalsOf(): string[] {
  return [Object, Array, Map, Set, Error, RangeError, Function, Uint8Array]
    .map(({ prototype }) => Reflect.ownKeys(prototype).map(String).join());
}

const mutations: ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  function flipBits(bytes, random) {
    for (let n = random.below(8) + 1; n > 0; n--) {
      bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    }
    return bytes;
  },
  function setBytes(bytes, random) {
    for (let n = random.below(4) + 1; n > 0; n--) {
      bytes[random.below(bytes.length)] = random.pick([
        random.below(30),
        random.below(256),
        0xff,
      ]);
    }
    return bytes;
  },
  function cut(bytes, random) {
    return bytes.slice(0, random.below(bytes.length));
  },
  function splice(bytes, random) {
    const at = 4 + random.below(bytes.length);
    const from = random.below(bytes.length);
    return concat(bytes.subarray(0, at), bytes.subarray(from));
  },
  function repeat(bytes, random) {
    const from = Math.min(4 + random.below(bytes.length), bytes.length);
    const part = bytes.subarray(from, from + 1 + random.below(16));
    const copies = Array.from({ length: random.below(200) }, () => part);
    return concat(bytes.subarray(0, from), ...copies, bytes.subarray(from));
  },
];

function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(
    parts.reduce((sum, { length }) => sum + length, 0),
  );
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes.subarray(0, MAX_BYTES);
}

function randomBytes(random: Random): Uint8Array {
  const bytes = new Uint8Array(4 + random.below(random.pick([8, 64, 512])));
  for (let i = 4; i < bytes.length; i++) {
    bytes[i] = random.below(random.pick([30, 256]));
  }
  return bytes;
}

/** Makes most messages whole again, so that more than the header is tested. */
function mendHeader(bytes: Uint8Array, random: Random): void {
  if (bytes.length < 4 || random.below(4) === 0) return;
  const length = random.below(4) === 0
    ? random.below(bytes.length)
    : bytes.length;
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(0, length, true);
}

stressTest(
  "Decoder reads random and mutated bytes, or throws an error of its own",
  () => {
    const random = new Random(seedFor("decoder fuzz"));
    const before = globalsOf();
    let pool: Uint8Array[] = [];
    const rounds = sized(4_000, 1_000_000);
    for (let i = 0; i < rounds; i++) {
      if (i % 500 === 0) {
        pool = Array.from({ length: 60 }, () => encode(randomValue(random)))
          .filter(({ length }) => length <= MAX_BYTES);
        deepStrictEqual(globalsOf(), before);
      }
      let bytes = i % 4 === 0 ? randomBytes(random) : random.pick(pool).slice();
      for (let n = i % 4 === 0 ? 0 : 1 + random.below(3); n > 0; n--) {
        if (bytes.length > 4) bytes = random.pick(mutations)(bytes, random);
      }
      mendHeader(bytes, random);
      decodeAnything(bytes, random.below(4) === 0);
      strictEqual(Object.getPrototypeOf({}), Object.prototype);
      strictEqual((({}) as Record<string, unknown>).polluted, undefined);
    }
    deepStrictEqual(globalsOf(), before);
    // The decoder still works.
    deepStrictEqual(
      decodeAnything(encode({ a: [1, "two"] }), false),
      { a: [1, "two"] },
    );
  },
);

stressTest("Decoder refuses each message that was cut off", () => {
  const random = new Random(seedFor("cut messages"));
  for (let i = sized(200, 5_000); i > 0; i--) {
    const bytes = encode({ before: randomValue(random), last: "text" });
    if (bytes.length > MAX_BYTES) continue;
    const structure = new DataView(bytes.buffer).getUint32(0, true);
    const length = random.below(structure);
    const cut = bytes.slice(0, length);
    if (length >= 4) new DataView(cut.buffer).setUint32(0, length, true);
    // Without the check, the rest would come from the memory behind it.
    strictEqual(decodeAnything(cut, false), undefined);
  }
});

test("Decoder checks a length before it reads or allocates", () => {
  const huge = [0xff, 0xff, 0xff, 0xff, 0x0f]; // 2 ** 32 - 1 as a varint.
  const structures: Record<string, number[]> = {
    "text": [tag.STRING, ...huge],
    "text of two bytes per unit": [tag.STRING, ...huge.with(0, 0xfd)],
    "long text": [tag.LONG_TEXT, tag.INTEGER, ...huge],
    "array": [tag.ARRAY, ...huge, tag.DENSE],
    "numbers": [tag.ARRAY, 200, 1, tag.NUMBERS_FIRST, ...huge.slice(0, 4)],
    "map": [tag.MAP, ...huge],
    "set": [tag.SET, ...huge],
    "names": [tag.OBJECT, 0, ...huge],
    "buffer": [tag.BUFFER, 0, tag.INTEGER, ...huge],
    "attached buffer": [tag.BUFFER, tag.ATTACHED, tag.INTEGER, ...huge],
  };
  for (const [what, structure] of Object.entries(structures)) {
    const room = new Uint8Array(1024).fill(tag.SMALL_INTEGER + 1);
    const byteLength = 4 + structure.length;
    room.set([byteLength, 0, 0, 0, ...structure]);
    throws(
      () => decoder.decode(room, 0, byteLength, memory),
      /exceed.* the bytes that remain$/,
      what,
    );
  }
});

test("Decoder refuses a length that is not an integer from 0 on", () => {
  for (const size of [0.5, -1, NaN, Infinity, 1e300, 2 ** 53]) {
    const room = new Uint8Array(1024);
    const byteLength = 4 + 3 + 8;
    room.set([byteLength, 0, 0, 0, tag.BUFFER, 0, tag.FLOAT]);
    new DataView(room.buffer).setFloat64(7, size, true);
    throws(
      () => decoder.decode(room, 0, byteLength, memory),
      /a length in it is not an integer$/,
      `${size}`,
    );
  }
});
