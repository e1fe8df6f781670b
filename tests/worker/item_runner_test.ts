import assert from "node:assert/strict";
import type { Lane } from "../../lib/bridge/lane.ts";
import type { Payloads } from "../../lib/calls/payloads.ts";
import type { Functions } from "../../lib/tasks/functions.ts";
import { ItemRunner, startOfItems } from "../../lib/worker/item_runner.ts";
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
  const functions = { load: () => spin } as unknown as Functions;
  const runner = new ItemRunner(
    {} as Payloads,
    functions,
    {} as Results,
    unguarded(),
  );
  const { values } = runner.run({
    lane: {} as Lane,
    stamp: 0,
    task: 1,
    items: new Array(100).fill(0),
    loans: null,
    startMs: startOfItems(),
  });
  assert.ok(ran >= 1 && ran < 10, `${ran}`);
  assert.equal(values.length, ran);
});
