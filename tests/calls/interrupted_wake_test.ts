import assert from "node:assert/strict";
import { COMPUTE } from "../../lib/bridge/layout.ts";
import { createBridgeMemory } from "../../lib/bridge/memory.ts";
import { NO_PAGES } from "../../lib/bridge/pages.ts";
import { Endpoint } from "../../lib/calls/endpoint.ts";
import { MACHINE_CLOCK } from "../../lib/limits/clock.ts";
import { NO_GARBAGE } from "../../lib/payloads/garbage.ts";
import { placeOn } from "../../lib/calls/plan.ts";
import { test } from "../support/test.ts";

const TASK = 1;

test("A worker that an interrupted submission did not wake is woken for the call that only it takes", () => {
  const memory = createBridgeMemory(2, 0, 4, 1024);
  const endpoint = new Endpoint(memory, 0, 0, [null, null, null], {
    pump() {},
    reasonOfEnd: () => undefined,
    endWorker: () => {},
    clock: MACHINE_CLOCK,
    pages: NO_PAGES,
    collector: NO_GARBAGE,
  });
  const workers = memory.workers[COMPUTE];
  const idle = endpoint.control.idle(COMPUTE, workers.length);
  for (const worker of workers) {
    idle.startSearch(worker);
    idle.sleep(worker);
  }
  const plan = {
    place: placeOn(1, workers),
    priority: "normal",
    flags: 0,
    tracked: true,
    settle() {},
  } as const;
  const { and } = Atomics;
  // As when no stack is left for the step that chooses the worker.
  Atomics.and = () => {
    throw new RangeError("Maximum call stack size exceeded");
  };
  try {
    assert.throws(
      () => endpoint.compute.submitPlanned(TASK, [1], plan),
      RangeError,
    );
  } finally {
    Atomics.and = and;
  }
  assert.ok(idle.needsWake());
  endpoint.drain();
  assert.ok(!idle.needsWake());
});
