import assert from "node:assert/strict";
import { nextSerial } from "../../lib/pool/serial_numbers.ts";
import { test } from "../support/test.ts";

test("nextSerial() keeps the thread and repeats no number", () => {
  for (const threadCount of [2, 3, 8]) {
    for (let thread = 1; thread < threadCount; thread++) {
      let serial = thread;
      for (let replaced = 1; replaced < 1_000; replaced++) {
        const next = nextSerial(serial, threadCount);
        assert.equal(next, serial + threadCount);
        serial = next;
      }
    }
  }
});

test("nextSerial() throws when no number of 31 bits, plus one, is left", () => {
  const last = 2 ** 31 - 2;
  assert.equal(nextSerial(last - 2, 2), last);
  assert.throws(() => nextSerial(last - 1, 2), {
    name: "LoomError",
    message: "Cannot replace worker 1: 1073741823 workers of this index have " +
      "ended, and no serial number is left; start a new runtime",
  });
});
