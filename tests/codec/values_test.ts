import {
  deepStrictEqual,
  notStrictEqual,
  ok,
  strictEqual,
} from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "../support/test.ts";
import { toBytes } from "../../lib/codec/encoder.ts";
import { createCodec, createMemoryTable } from "./round_trip.ts";

const { encoder, decoder, memory, roundTrip } = createCodec();

class Point {
  x = 1;
  #hidden = 2;
  get sum(): number {
    return this.x + this.#hidden;
  }
}

const lone = "\ud800";
/** Name and value; decoding equals structuredClone() on both runtimes. */
const LIKE_STRUCTURED_CLONE: [string, unknown][] = [
  ["integers at the edges", [
    0,
    127,
    128,
    -1,
    2 ** 31 - 1,
    -(2 ** 31),
    2 ** 31,
    2 ** 53,
    1e300,
  ]],
  ["numbers that are no integers", [
    -0,
    NaN,
    Infinity,
    -Infinity,
    0.1,
    Number.MIN_VALUE,
  ]],
  ["bigints", [
    0n,
    -1n,
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 63n,
    -(3n ** 500n),
  ]],
  ["short strings", ["", "a", "é", "ÿ", "Ā", "中", lone, "\0"]],
  ["long strings", [
    "a".repeat(10_000),
    "é".repeat(10_000),
    "中".repeat(10_000),
    `${"a".repeat(9_999)}中`,
    `${lone}${"a".repeat(9_999)}`,
    `${"é".repeat(99)}${lone}`,
  ]],
  [
    "strings around the inline limit",
    [65_536, 65_537, 200_000].map((n) => "a".repeat(n)),
  ],
  ["strings above the inline limit that are not ASCII", [
    `${"a".repeat(70_000)}é`,
    "中".repeat(70_000),
  ]],
  ["long keys", { ["k".repeat(100)]: 1, ["中".repeat(100)]: 2 }],
  ["a class instance", new Point()],
  ["an object that claims to be a Map", Object.create(Map.prototype)],
  ["an object with a toStringTag", { [Symbol.toStringTag]: "Map", a: 1 }],
  [
    "symbol keys and hidden keys",
    Object.defineProperty({ [Symbol()]: 1, b: 2 }, "c", { value: 3 }),
  ],
  ["a sparse array", Object.assign([1, , 3], { length: 6 })],
  ["an array with properties", Object.assign([1, 2], { note: "x" })],
  ["a regular expression match", /(?<b>b)/.exec("abc")],
  ["a subclassed Array", new (class extends Array {})(3)],
  ["a subclassed Map", new (class extends Map<number, number> {})([[1, 2]])],
  ["dates", [new Date(0), new Date(NaN), new Date(-1e15)]],
  ["a RegExp", /a(?<name>\/)[^\n]中/dgimsuy],
  ["wrapper objects", [
    Object(true),
    Object(false),
    Object(-0),
    Object("text"),
    Object(2n ** 70n),
  ]],
  [
    "Map keys of every kind",
    new Map<unknown, unknown>([[NaN, 1], ["a", 2], [{}, 3], [null, 4]]),
  ],
  [
    "ArrayBuffers around the inline limit",
    [0, 1, 256, 257, 5000].map((n) => filled(n).buffer),
  ],
  [
    "properties that a getter deletes",
    () => ({
      get a() {
        delete (this as { b?: number }).b;
        return 1;
      },
      b: 2 as number | undefined,
      c: undefined,
    }),
  ],
  [
    "an array with names, one of which a getter deletes",
    () => {
      const array = Object.assign([1, 2], { note: "x" as string | undefined });
      Object.defineProperty(array, 0, {
        enumerable: true,
        get: () => delete array.note,
      });
      return array;
    },
  ],
];

function filled(byteLength: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length: byteLength }, (_, i) => i * 7);
}

for (const [what, value] of LIKE_STRUCTURED_CLONE) {
  test(`Decoder.decode() returns what structuredClone() returns: ${what}`, () => {
    // Values with getters that change them are made twice.
    const make = typeof value === "function"
      ? value as () => unknown
      : () => value;
    deepStrictEqual(roundTrip(make()), structuredClone(make()));
  });
}

test("a huge sparse array takes few bytes", () => {
  const holes: number[] = new Array(4_000_000_000);
  holes[70_000] = 1;
  const message = encoder.encode(holes, "argument 1", memory);
  ok(message.byteLength < 100);
  const clone = roundTrip(holes);
  strictEqual(clone.length, holes.length);
  deepStrictEqual(Object.keys(clone), ["70000"]);
});

test("a decoded RegExp starts at lastIndex 0", () => {
  const pattern = /a/g;
  pattern.lastIndex = 3;
  strictEqual(roundTrip(pattern).lastIndex, 0);
});

test("every kind of view arrives, over all or part of its buffer", () => {
  const { buffer } = filled(1024);
  const names = [
    "Int8",
    "Uint8",
    "Uint8Clamped",
    "Int16",
    "Uint16",
    "Int32",
    "Uint32",
    "Float16",
  ]
    .concat("Float32", "Float64", "BigInt64", "BigUint64").map((name) =>
      `${name}Array`
    );
  for (const name of [...names, "DataView"]) {
    const View =
      (globalThis as unknown as Record<string, typeof Uint8Array>)[name];
    if (View === undefined) continue; // Not every runtime has Float16Array.
    for (
      const view of [
        new View(buffer),
        new View(buffer, 16, 3),
        new View(buffer, 1024, 0),
      ]
    ) {
      const clone = roundTrip(view);
      deepStrictEqual(clone, structuredClone(view));
      deepStrictEqual(clone.buffer, buffer);
      strictEqual(clone.byteOffset, view.byteOffset);
    }
  }
});

test("two views of one buffer still share a buffer", () => {
  const buffer = new ArrayBuffer(1000);
  const { a, b } = roundTrip({
    a: new Uint8Array(buffer),
    b: new DataView(buffer, 8, 8),
  });
  a[8] = 42;
  strictEqual(b.getUint8(0), 42);
});

test("resizable buffers stay resizable, and views that track their length still do", () => {
  for (const byteLength of [0, 8, 300]) {
    const buffer = new ArrayBuffer(byteLength, { maxByteLength: 400 });
    const full = new ArrayBuffer(byteLength, { maxByteLength: byteLength });
    const clone = roundTrip({
      buffer,
      tracking: new Uint8Array(buffer),
      fixed: new Uint8Array(buffer, 0, byteLength),
      full: new DataView(full),
    });
    clone.buffer.resize(400);
    strictEqual(clone.tracking.length, 400);
    strictEqual(clone.fixed.length, byteLength);
    if (byteLength === 0) continue; // Its maximum is 0 too, so it cannot be resized.
    (clone.full.buffer as ArrayBuffer).resize(0);
    strictEqual(clone.full.byteLength, 0);
  }
});

test("SharedArrayBuffers and their views pass by reference", () => {
  const shared = new SharedArrayBuffer(64);
  const growable = new SharedArrayBuffer(8, { maxByteLength: 16 });
  const sent = {
    shared,
    part: new Int32Array(shared, 8, 2),
    growing: new Uint8Array(growable),
  };
  const clone = roundTrip(sent);
  strictEqual(clone.shared, shared);
  strictEqual(clone.part.buffer, shared);
  strictEqual(clone.part.byteOffset, 8);
  growable.grow(16);
  strictEqual(clone.growing.length, 16);
});

test("References of SharedArrayBuffers are passed without loss, however large", () => {
  for (const sender of [0, 256, 2 ** 31 - 1]) {
    for (const first of [0, 2 ** 24, 2 ** 32, 2 ** 53 - 1]) {
      const codec = createCodec(createMemoryTable(sender, first));
      const shared = new SharedArrayBuffer(8);
      strictEqual(codec.roundTrip(shared), shared);
    }
  }
});

test("__proto__ as an own key stays a property", () => {
  const clone = roundTrip(
    JSON.parse('{"__proto__": {"admin": true}, "toString": 1}'),
  );
  strictEqual(Object.getPrototypeOf(clone), Object.prototype);
  deepStrictEqual(Object.keys(clone), ["__proto__", "toString"]);
  strictEqual(clone.admin, undefined);
});

test("a getter is read once", () => {
  let reads = 0;
  const value = {
    get count() {
      return ++reads;
    },
  };
  deepStrictEqual(roundTrip(value), { count: 1 });
  strictEqual(reads, 1);
});

test("lists far deeper than the stack arrive", () => {
  type List = { next: List | null; items: Map<string, unknown> };
  let list: List = { next: null, items: new Map() };
  for (let i = 0; i < 100_000; i++) {
    list = { next: list, items: new Map([["list", list]]) };
  }
  let clone = roundTrip(list);
  let depth = 0;
  while (clone.next !== null) {
    ok(clone.items.get("list") === clone.next);
    clone = clone.next;
    depth++;
  }
  strictEqual(depth, 100_000);
});

test("decodeArguments() returns the arguments and keeps references between them", () => {
  const shared = {};
  const bytes = toBytes(
    encoder.encodeArguments([1, shared, undefined, [shared]], memory),
  );
  const args = decoder.decodeArguments(bytes, 0, bytes.length, memory);
  deepStrictEqual(args, [1, {}, undefined, [{}]]);
  strictEqual((args[3] as unknown[])[0], args[1]);
});

test("a large buffer is copied: neither side sees the other's writes", () => {
  const sent = filled(100_000);
  const clone = roundTrip(sent);
  notStrictEqual(clone.buffer, sent.buffer);
  sent[0] = 99;
  strictEqual(clone[0], 0);
});

test("a getter may encode another message with the same encoder", () => {
  const inner: unknown[] = [];
  const value = {
    before: filled(1000),
    get nested() {
      inner.push(roundTrip({ text: "inner", bytes: filled(500) }));
      return "outer";
    },
    after: filled(2000),
  };
  deepStrictEqual(roundTrip(value), {
    before: filled(1000),
    nested: "outer",
    after: filled(2000),
  });
  deepStrictEqual(inner, [{ text: "inner", bytes: filled(500) }]);
});

test("one codec handles messages of very different sizes in sequence", () => {
  const blobs = {
    big: filled(3 << 20),
    text: "x".repeat(2 << 20),
    many: new Array(200_000).fill(1),
  };
  for (const value of [blobs, { a: 1 }, blobs, { a: 2 }]) {
    deepStrictEqual(roundTrip(value), value);
  }
});

test("elements that a getter removes leave holes", () => {
  for (const length of [4, 40]) {
    const array: unknown[] = Array.from({ length }, (_, i) => i);
    array[1] = {
      get cut() {
        array.length = 2;
        return true;
      },
    };
    const clone = roundTrip(array);
    strictEqual(clone.length, length);
    deepStrictEqual(Object.keys(clone), ["0", "1"]);
    deepStrictEqual(clone[1], { cut: true });
  }
});

// node:fs returns files as Buffers; structuredClone() makes Uint8Arrays of them.
test("a Buffer arrives as a Buffer over the same bytes", () => {
  const memory = filled(300).buffer;
  const sent = {
    buffer: Buffer.from(memory, 2, 200),
    bytes: new Uint8Array(memory),
    empty: Buffer.alloc(0),
    shared: Buffer.from(new SharedArrayBuffer(8), 4),
  };
  const clone = roundTrip(sent);
  ok(Buffer.isBuffer(clone.buffer) && Buffer.isBuffer(clone.empty));
  strictEqual(clone.buffer.toString("hex"), sent.buffer.toString("hex"));
  strictEqual(clone.buffer.buffer, clone.bytes.buffer);
  strictEqual(clone.shared.buffer, sent.shared.buffer);
  strictEqual(clone.shared.byteOffset, 4);
  ok(!Buffer.isBuffer(clone.bytes));
});

test("a Buffer that tracks the length of its memory still does", () => {
  const memory = new ArrayBuffer(8, { maxByteLength: 16 });
  const sent: Buffer = Object.setPrototypeOf(
    new Uint8Array(memory, 4),
    Buffer.prototype,
  );
  const clone = roundTrip(sent);
  ok(Buffer.isBuffer(clone));
  strictEqual(clone.length, 4);
  (clone.buffer as ArrayBuffer).resize(16);
  strictEqual(clone.length, 12);
});

test("URL and URLSearchParams arrive as themselves", () => {
  const url = new URL("https://user@example.org:8080/a b?x=ä&x=2#f");
  const clone = roundTrip({ url, again: url, params: url.searchParams });
  ok(clone.url instanceof URL);
  strictEqual(clone.url.href, url.href);
  strictEqual(clone.again, clone.url);
  ok(clone.params instanceof URLSearchParams);
  deepStrictEqual([...clone.params], [["x", "ä"], ["x", "2"]]);
  // An object that only inherits from URL has no address.
  deepStrictEqual({ ...roundTrip(Object.create(URL.prototype)) }, {});
});

test("a class with a toStringTag arrives as plain data, also if it is a global", () => {
  class Tagged {
    a = 1;
    get [Symbol.toStringTag](): string {
      return "Tagged";
    }
  }
  const globals = globalThis as { Tagged?: unknown };
  globals.Tagged = Tagged;
  try {
    const clone = roundTrip(new Tagged());
    strictEqual(Object.getPrototypeOf(clone), Object.prototype);
    deepStrictEqual({ ...clone }, { a: 1 });
  } finally {
    delete globals.Tagged;
  }
});
