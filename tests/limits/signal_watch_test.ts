import assert from "node:assert/strict";
import { Deadlines } from "../../lib/limits/deadlines.ts";
import { SignalWatch } from "../../lib/limits/signal_watch.ts";
import { test } from "../support/test.ts";

test("A watch whose thread ends listens to its signal no more", () => {
  const abort = new AbortController();
  const deadlines = new Deadlines();
  const watch = SignalWatch.of(abort.signal, deadlines);
  assert.equal(SignalWatch.of(abort.signal, deadlines), watch);
  const reasons: unknown[] = [];
  const call = {
    groupIndex: -1,
    cancel: (reason: unknown) => void reasons.push(reason),
  };
  watch.add(call);
  watch.delete(call);
  // The listener stays for a while, for the next call.
  deadlines.stop();
  let listens = false;
  const { addEventListener } = abort.signal;
  abort.signal.addEventListener = (...args: unknown[]) => {
    listens = true;
    Reflect.apply(addEventListener, abort.signal, args);
  };
  watch.add(call);
  assert.ok(listens, "the listener was not removed");
  abort.abort("enough");
  assert.deepEqual(reasons, ["enough"]);
  assert.ok(watch.isAborted);
  watch.add(call);
  assert.deepEqual(reasons, ["enough", "enough"]);
});
