import assert from "node:assert/strict";
import { Deadline } from "../../lib/pool/deadline.ts";
import { test } from "../support/test.ts";

/** Longer than the test may take. */
const FAR_MS = 1e8;

for (
  const [order, limits] of [
    ["first", [5, FAR_MS, undefined]],
    ["last", [undefined, FAR_MS, 5]],
  ] as const
) {
  test(`A shutdown ends at its shortest limit, given ${order}`, async () => {
    const past = Promise.withResolvers<number>();
    const deadline = new Deadline(past.resolve, () => assert.fail());
    for (const graceMs of limits) {
      deadline.limit({
        ...(graceMs === undefined ? {} : { graceMs }),
        warnAfterMs: Infinity,
      });
    }
    assert.equal(await past.promise, 5);
    deadline.cancel();
  });
}

test("A shutdown warns once, after the time that was given first", async () => {
  const warned = Promise.withResolvers<number>();
  let warnings = 0;
  const deadline = new Deadline(() => assert.fail(), (waitedMs) => {
    warnings++;
    warned.resolve(waitedMs);
  });
  deadline.limit({ warnAfterMs: 5 });
  deadline.limit({ warnAfterMs: 1 });
  assert.equal(await warned.promise, 5);
  await new Promise((resolve) => setTimeout(resolve, 5));
  assert.equal(warnings, 1);
  deadline.cancel();
});

test("A cancelled deadline does nothing", async () => {
  const deadline = new Deadline(() => assert.fail(), () => assert.fail());
  deadline.limit({ graceMs: 1, warnAfterMs: 1 });
  deadline.cancel();
  await new Promise((resolve) => setTimeout(resolve, 5));
});
