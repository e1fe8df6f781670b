import assert from "node:assert/strict";
import {
  CALLED_FROM,
  CALLED_LIKE,
  CallSites,
} from "../../lib/calls/call_sites.ts";
import { test } from "../support/test.ts";

/** More calls than lie between two samples. */
const MANY = 10_000;

test("The site of the first call of each task, and of calls that wake, is captured", () => {
  const sites = new CallSites(4);
  for (const task of [1, 2, 5]) {
    assert.ok(sites.note(0, task, false), `task ${task}`);
    assert.ok(!sites.note(1, task, false), `task ${task} again`);
    assert.ok(sites.note(2, task, true));
  }
});

test("One of many calls has its site captured", () => {
  const sites = new CallSites(4);
  sites.note(0, 1, false);
  let captured = 0;
  for (let call = 0; call < MANY; call++) {
    if (sites.note(0, 1, false)) captured++;
  }
  assert.ok(captured > 0 && captured < MANY / 100, `${captured} of ${MANY}`);
});

test("The site of a failed call is its own, else the last one of its task, else none", () => {
  const sites = new CallSites(4);
  sites.note(2, 1, false);
  assert.match(sites.framesOf(2, 1), new RegExp(`^\\n {4}${CALLED_FROM}`));
  sites.release(2);
  assert.match(sites.framesOf(2, 1), new RegExp(`^\\n {4}${CALLED_LIKE}`));
  assert.equal(sites.framesOf(3, 2), "");
  // Each of these tasks has failed, so the sites of its next calls are needed.
  assert.ok(sites.note(0, 1, false));
  assert.ok(!new CallSites(4).note(0, 0, false));
});
