import { deepStrictEqual } from "node:assert/strict";
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
