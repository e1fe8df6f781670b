import assert from "node:assert/strict";
import { type Key, positionOfKey } from "../../lib/calls/key.ts";
import { test } from "../support/test.ts";

const KEYS: Key[] = Array.from({ length: 6000 }, (_, n) =>
  [
    n,
    n / 7,
    `user-${n}`,
  ][n % 3]);

test("positionOfKey() gives each worker about as many keys", () => {
  for (const workers of [1, 2, 3, 8]) {
    const counts = new Array<number>(workers).fill(0);
    for (const key of KEYS) counts[positionOfKey(key, workers)]++;
    const mean = KEYS.length / workers;
    for (const count of counts) assert.ok(Math.abs(count - mean) < mean / 5);
  }
});

test("positionOfKey() moves only the keys of the new worker", () => {
  for (const key of KEYS) {
    const after = positionOfKey(key, 8);
    if (after !== 7) assert.equal(after, positionOfKey(key, 7));
  }
});

test("positionOfKey() takes 0 and -0 for one key, and a number and its text for two", () => {
  const differ = KEYS.filter((key) =>
    positionOfKey(key, 8) !== positionOfKey(String(key), 8)
  );
  assert.ok(differ.length > 0);
  assert.equal(positionOfKey(0, 64), positionOfKey(-0, 64));
});
