import assert from "node:assert/strict";
import { Control } from "../../lib/bridge/control.ts";
import { COMPUTE } from "../../lib/bridge/layout.ts";
import { WorkerState } from "../../lib/worker/worker_state.ts";
import { test } from "../support/test.ts";

const WORKER_COUNT = 2;

test("WorkerState.endSearch() that threw wakes a sleeping worker when it is repeated", () => {
  const control = Control.create(1 + WORKER_COUNT);
  const [searching, asleep] = [1, 2].map((thread) =>
    new WorkerState(control.idle(COMPUTE, WORKER_COUNT), thread)
  );
  asleep.fallAsleep();
  searching.startSearch();
  // As near the end of the stack.
  assert.throws(() =>
    searching.endSearch(() => {
      throw new RangeError("no stack");
    }), RangeError);
  searching.endSearch(() => searching.wakeOther(false));
  // There is a token, so the worker does not wait.
  assert.equal(control.parkers[2].parkAsync(), null);
});
