import { deepStrictEqual, ok, strictEqual, throws } from "node:assert/strict";
import { test } from "../support/test.ts";
import { createCodec } from "./round_trip.ts";

const { encoder, decoder, memory, roundTrip } = createCodec();

function refusal(run: () => void): string {
  try {
    run();
  } catch (error) {
    ok(error instanceof DOMException, String(error));
    strictEqual(error.name, "DataCloneError");
    return error.message;
  }
  throw new Error("nothing was thrown");
}

const FUNCTION = "a function, and functions cannot be cloned; " +
  "pass a module task or plain data instead";
const run = () => {};

test("a refusal names the path to the value that cannot be cloned", () => {
  strictEqual(
    refusal(() =>
      encoder.encodeArguments([1, { handlers: [{ run }] }], memory)
    ),
    `Cannot send argument 2: argument 2.handlers[0].run is ${FUNCTION}`,
  );
  const paths: [unknown, string][] = [
    [run, "it"],
    [{ "odd key": run }, 'result["odd key"]'],
    [new Map([["key", { run }]]), 'result.get("key").run'],
    [new Map<unknown, unknown>([[7, 1], [8, run]]), "result.get(8)"],
    [new Map([[{}, run]]), "result<value 0>"],
    [new Map([[{ run }, 1]]), "result<key 0>.run"],
    [new Set([1, { run }]), "result<value 1>.run"],
    [Object.assign([1, , 3], { run }), "result.run"],
    [new Error("x", { cause: { run } }), "result.cause.run"],
    [new AggregateError([{ run }]), "result.errors[0].run"],
  ];
  for (const [value, path] of paths) {
    strictEqual(
      refusal(() => encoder.encode(value, "result", memory)),
      `Cannot send result: ${path} is ${FUNCTION}`,
    );
  }
});

test("a long path is shortened in the middle", () => {
  const nest = (depth: number) => {
    let value: unknown = { run };
    for (let i = 0; i < depth; i++) value = { n: value };
    return refusal(() => encoder.encode(value, "result", memory));
  };
  strictEqual(
    nest(100),
    `Cannot send result: result${".n".repeat(8)}…85 more levels…${
      ".n".repeat(7)
    }.run is ${FUNCTION}`,
  );
  strictEqual(
    nest(203),
    `Cannot send result: result….n.n.n.run is ${FUNCTION}`,
  );
});

test("a refusal says what the value is", () => {
  const refused: [unknown, string][] = [
    [
      Symbol("x"),
      "a symbol, and symbols cannot be cloned; pass a string instead",
    ],
    [
      new WeakMap(),
      "a WeakMap, which cannot be cloned; pass plain data instead",
    ],
    [
      new WeakRef({}),
      "a WeakRef, which cannot be cloned; pass plain data instead",
    ],
    [
      Promise.resolve(),
      "a Promise, which cannot be cloned; pass plain data instead",
    ],
    [
      (function* () {})(),
      "a Generator, which cannot be cloned; pass plain data instead",
    ],
    [
      [].values(),
      "an Array Iterator, which cannot be cloned; pass plain data instead",
    ],
    [
      new ReadableStream(),
      "a ReadableStream, which cannot be cloned; pass plain data instead",
    ],
    [
      new Blob(["x"]),
      "a Blob, whose bytes cannot be read synchronously; pass await blob.arrayBuffer() instead",
    ],
    [
      Object(Symbol()),
      "a Symbol, which cannot be cloned; pass plain data instead",
    ],
    [
      new Intl.NumberFormat(),
      "an Intl.NumberFormat, which cannot be cloned; pass plain data instead",
    ],
    [
      new Proxy({}, {}),
      "a Proxy, which cannot be cloned; pass plain data instead",
    ],
    [
      new Proxy([], {}),
      "a Proxy, which cannot be cloned; pass plain data instead",
    ],
  ];
  for (const [value, reason] of refused) {
    strictEqual(
      refusal(() => encoder.encode({ value }, "result", memory)),
      `Cannot send result: result.value is ${reason}`,
    );
  }
});

test("detached buffers and views outside of their buffer are refused", () => {
  const detached = new ArrayBuffer(8);
  const views = [detached, new Uint8Array(detached), new DataView(detached)];
  detached.transfer();
  for (const value of views) {
    strictEqual(
      refusal(() => encoder.encode({ value }, "result", memory)),
      "Cannot send result: result.value is a detached ArrayBuffer, whose memory was moved away; " +
        "pass a copy instead",
    );
  }
  const resized = new ArrayBuffer(8, { maxByteLength: 8 });
  const outside = new Uint8Array(resized, 4, 4);
  resized.resize(0);
  ok(
    refusal(() => encoder.encode(outside, "result", memory)).includes(
      "outside of its resized buffer",
    ),
  );
});

test("the codec still works after a failure within a message", () => {
  const large = new Uint8Array(1000);
  refusal(() => encoder.encode({ large, run }, "result", memory));
  const failing = {
    large,
    get bad() {
      throw new RangeError("from the getter");
    },
  };
  throws(
    () => encoder.encode(failing, "result", memory),
    new RangeError("from the getter"),
  );
  deepStrictEqual(roundTrip({ large, again: large }), { large, again: large });
  throws(
    () =>
      decoder.decode(new Uint8Array([5, 0, 0, 0, 99, 0, 0, 0]), 0, 8, memory),
    /99 is not a tag/,
  );
  deepStrictEqual(roundTrip([1]), [1]);
});

test("a buffer that a getter shrinks after it was read is refused", () => {
  const buffer = new ArrayBuffer(1000, { maxByteLength: 1000 });
  const value = {
    buffer,
    get shrink() {
      buffer.resize(300);
      return 1;
    },
  };
  ok(
    refusal(() => encoder.encode(value, "result", memory)).includes(
      "changed by a getter",
    ),
  );
});
