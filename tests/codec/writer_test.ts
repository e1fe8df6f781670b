import { deepStrictEqual, strictEqual } from "node:assert/strict";
import { test } from "../support/test.ts";
import { createCodec } from "./round_trip.ts";

test("every kind of value arrives where the writer's memory ends", () => {
  const values = [
    2 ** 31 - 1,
    -(2 ** 31),
    0.5,
    2n ** 62n,
    2n ** 70n,
    "short",
    "\u20ac\u20ac",
    true,
    null,
    undefined,
    new Date(5),
    { key: 1 },
    [1],
    new Map([[1, 2]]),
    new Uint8Array([1, 2, 3]),
  ];
  const memoryBytes = 4096;
  for (const value of values) {
    for (let length = memoryBytes - 40; length <= memoryBytes; length++) {
      // A new encoder, whose memory has not grown yet.
      const message = ["x".repeat(length), value, value];
      deepStrictEqual(createCodec().roundTrip(message), message);
    }
  }
});

test("texts of every length and kind arrive, however they are written", () => {
  const { roundTrip } = createCodec();
  const units = ["a", "é", "\u20ac", "\ud800", "\u{1f600}"];
  const lengths = [0, 1, 2, 12, 13, 63, 64, 65, 66, 1023, 1024, 1025, 1026];
  for (const length of [...lengths, 5000, 65_536, 65_537, 70_001]) {
    for (const unit of units) {
      for (const other of units) {
        const repeated = unit.repeat(length);
        // The other unit comes first, last, and between.
        for (
          const text of [
            other + repeated,
            repeated + other,
            repeated.slice(length >> 1) + other +
            repeated.slice(0, length >> 1),
          ]
        ) {
          strictEqual(roundTrip(text), text);
          strictEqual(roundTrip({ text, n: 1 }).text, text);
        }
      }
    }
  }
});

test("a text that is stored with more bytes than it needs arrives", () => {
  const { roundTrip } = createCodec();
  // Parts of a text with a larger unit.
  for (const unit of ["a", "é"]) {
    const text = `\u20ac${unit.repeat(3000)}`.slice(1);
    strictEqual(roundTrip(text), text);
  }
});
