import assert from "node:assert/strict";
import type { Lane } from "../../lib/bridge/lane.ts";
import { PLAIN_MODE } from "../../lib/calls/items.ts";
import type { Payloads } from "../../lib/payloads/payloads.ts";
import {
  ItemRunner,
  type RanItems,
  startOfItems,
} from "../../lib/worker/item_runner.ts";
import type { Results } from "../../lib/worker/results.ts";
import { test } from "../support/test.ts";
import { unguarded } from "../support/unguarded.ts";

test("ItemRunner.run() leaves most items to the caller when one has taken long", () => {
  let ran = 0;
  const spin = () => {
    const end = performance.now() + 1;
    while (performance.now() < end);
    return ++ran;
  };
  const runner = new ItemRunner({} as Payloads, {} as Results, unguarded());
  const { values } = runner.run({
    lane: {} as Lane,
    stamp: 0,
    task: 1,
    items: new Array(100).fill(0),
    loans: null,
    mode: PLAIN_MODE,
    startMs: startOfItems(),
  }, spin) as RanItems;
  assert.ok(ran >= 1 && ran < 10, `${ran}`);
  assert.equal(values.length, ran);
});

for (const isAsync of [false, true]) {
  test(`ItemRunner.run() runs all items if the mode says so, async ${isAsync}`, async () => {
    const runner = new ItemRunner(
      {} as Payloads,
      {} as Results,
      unguarded(),
    );
    const spin = (n: number, by: number) => {
      const end = performance.now() + 0.1;
      while (performance.now() < end);
      if (n % 2 === 1) throw n;
      return isAsync ? Promise.resolve(n * by) : n * by;
    };
    const { values, failed, wasAsync } = await runner.run({
      lane: {} as Lane,
      stamp: 0,
      task: 1,
      items: [0, 1, 2, 3, 4, 5],
      loans: null,
      mode: { args: [10], runsAll: true, settles: true },
      startMs: startOfItems(),
    }, spin);
    assert.deepEqual(values, [0, 1, 20, 3, 40, 5]);
    assert.deepEqual(failed, [1, 3, 5]);
    assert.equal(wasAsync, isAsync);
  });
}
