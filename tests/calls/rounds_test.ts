import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { Rounds } from "../../lib/calls/rounds.ts";
import { test } from "../support/test.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));
/** Lets the microtasks run that are queued. */
const microtasks = async () => {
  for (let i = 0; i < 3; i++) await Promise.resolve();
};

test("Rounds.rest() runs a round in the next turn, and hurry() runs it before, once", async () => {
  let count = 0;
  const rounds = new Rounds(() => count++);
  rounds.rest();
  await microtasks();
  assert.equal(count, 0);
  await turn();
  assert.equal(count, 1);
  rounds.rest();
  // A round is scheduled, so this schedules none.
  rounds.next();
  rounds.hurry();
  rounds.hurry();
  await microtasks();
  assert.equal(count, 2);
  await turn();
  assert.equal(count, 2);
  // A round that gives way to timers and I/O does not hurry.
  rounds.nextTurn();
  rounds.hurry();
  await microtasks();
  assert.equal(count, 2);
  await turn();
  assert.equal(count, 3);
});
