import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  KIND,
  readFrame,
  VERSION,
  writeFrame,
} from "../../lib/cluster/frame.ts";
import {
  DEFAULT_LIMITS,
  MAX_ITEMS,
  type ObjectStore,
  Payloads,
} from "../../lib/cluster/payloads.ts";
import * as loomErrors from "../../lib/errors.ts";
import { test } from "../support/test.ts";

const NO_STORE: ObjectStore = {
  put: () => Promise.reject(new Error("no store")),
  get: () => Promise.reject(new Error("no store")),
  remove: () => Promise.resolve(),
};

function payloads(limits = DEFAULT_LIMITS): Payloads {
  return new Payloads(NO_STORE, () => 1 << 20, limits);
}

/** A value of every kind whose bytes are the same on each machine. */
function everything(): unknown[] {
  const errors = Object.values(loomErrors).map(({ prototype }) => {
    const error = Object.create(prototype);
    for (const key of ["message", "stack"]) {
      Object.defineProperty(error, key, { value: "m", configurable: true });
    }
    return error;
  });
  return [
    [undefined, null, true, false, 1, -1, 1e9, 0.5, 1n, 2n ** 80n, "a", "ż"],
    { a: 1, b: { c: [1, , 3] } },
    new Map<unknown, unknown>([[1, new Set(["x"])]]),
    [new Date(0), /x/g, Object(1), new URL("https://a.example/")],
    new Uint8Array([1, 2, 3]),
    new Float64Array([1, 2]).buffer,
    new URLSearchParams("a=b"),
    "long ".repeat(10_000),
    ...errors,
  ];
}

test("Messages have the bytes that belong to their version", () => {
  const bytes = payloads().writeArguments(
    { kind: KIND.CALL, flags: 2, number: 70_000, text: "1.2.0" },
    everything(),
  ) as Uint8Array;
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 16);
  // Callers and hosts may run different releases. If this fails, the bytes of messages have
  // changed: raise VERSION in lib/cluster/frame.ts, and put the new hash here.
  assert.deepEqual([VERSION, hash], [1, "7f2d1ddb9ea8e214"]);
});

test("A frame is read as it was written", () => {
  const frame = readFrame(
    writeFrame({ kind: 3, flags: 1, number: 3e9, text: "ż" }, 5, {
      copyInto: (bytes, at) => bytes.set([1, 2, 3, 4, 5], at),
    }),
  );
  const { kind, flags, number, text, bodyBytes } = frame;
  assert.deepEqual([kind, flags, number, text, bodyBytes], [3, 1, 3e9, "ż", 5]);
});

test("A message of another version, or of another program, is an error that says so", () => {
  const other = writeFrame({ kind: KIND.RESULT, text: "host-7" });
  other[0] = VERSION + 1;
  assert.throws(() => readFrame(other), {
    name: "ClusterVersionError",
    message: /host-7 uses version 2 .* version 1; run the same version/,
  });
  for (const bytes of [[], [1, 2, 3], [1, 1, 0, 200, 0, 0, 0, 0]]) {
    assert.throws(() => readFrame(new Uint8Array(bytes)), /are too few/);
  }
});

test("Arguments that are too large, too deep or corrupt are refused", () => {
  const small = payloads({ maxPayloadBytes: 1000, maxDepth: 3 });
  const read = (args: unknown[], isItems = false) => {
    const head = { kind: KIND.CALL };
    const bytes = isItems
      ? payloads().writeItems(head, args)
      : payloads().writeArguments(head, args);
    return small.readArguments(readFrame(bytes as Uint8Array), isItems);
  };
  assert.deepEqual(read([[[1]]]), [[[1]]]);
  assert.throws(() => read([new Uint8Array(2000)]), {
    name: "PayloadTooLargeError",
    limitBytes: 1000,
  });
  const many = Array.from({ length: MAX_ITEMS }, () => new Uint8Array(900));
  assert.equal(read(many, true).length, MAX_ITEMS);
  for (
    const deep of [
      [[[[1]]]],
      new Map([[1, { a: new Set([{}]) }]]),
      { a: new Error("x", { cause: [[1]] }) },
    ]
  ) assert.throws(() => read([deep]), /maxDepth/);
  const frame = readFrame(
    payloads().writeArguments({ kind: KIND.CALL }, [{ a: 1 }]) as Uint8Array,
  );
  frame.bytes.fill(0xff, 12);
  assert.throws(() => small.readArguments(frame), /Cannot decode message/);
});
