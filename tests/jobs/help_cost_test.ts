import assert from "node:assert/strict";
import { HelpCost } from "../../lib/jobs/help_cost.ts";
import { test } from "../support/test.ts";

/** A loop that takes so long alone is worth help that costs 30 µs, and not help that costs 500. */
const ALONE_MS = 0.4;
const HELPERS = 1;
const CHEAP_MS = ALONE_MS / 2 + 0.03;
const DEAR_MS = ALONE_MS / 2 + 0.5;

function isWorth(cost: HelpCost, aloneMs = ALONE_MS): boolean {
  return cost.isWorth(aloneMs, HELPERS, "no");
}

test("A loop asks for help if that is cheap, and one that is too short never does", () => {
  const cost = new HelpCost();
  for (let i = 0; i < 20; i++) cost.learn(ALONE_MS, HELPERS, CHEAP_MS);
  assert.ok(isWorth(cost));
  assert.ok(!isWorth(cost, 0.05));
  assert.ok(!cost.isWorth(ALONE_MS, 0, "yes"), "nobody can help");
});

test("A few loops with dear help do not end it, many do, and it comes back", () => {
  const cost = new HelpCost();
  for (let i = 0; i < 20; i++) cost.learn(ALONE_MS, HELPERS, CHEAP_MS);
  for (let i = 0; i < 3; i++) cost.learn(ALONE_MS, HELPERS, DEAR_MS);
  assert.ok(isWorth(cost), "a pause of the machine");
  for (let i = 0; i < 100; i++) cost.learn(ALONE_MS, HELPERS, DEAR_MS);
  assert.ok(!isWorth(cost), "the machine is busy");
  let loops = 0;
  while (!isWorth(cost) && loops < 1000) loops++;
  assert.ok(loops < 1000, "it is never tried again");
});
