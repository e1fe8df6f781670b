import assert from "node:assert/strict";
import { nextSerial } from "../../lib/pool/serial_numbers.ts";
import { LoomError } from "../../mod.ts";
import { test } from "../support/test.ts";

test("Serial numbers keep the thread's index until none is left", () => {
  assert.equal(nextSerial(2, 3), 5);
  assert.equal(nextSerial(2 ** 31 - 5, 3), 2 ** 31 - 2);
  assert.throws(
    () => nextSerial(2 ** 31 - 4, 3),
    (error) => {
      assert.ok(error instanceof LoomError);
      assert.match(error.message, /^Cannot replace worker \d: .* new runtime$/);
      return true;
    },
  );
});
