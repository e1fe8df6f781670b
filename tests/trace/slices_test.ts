import assert from "node:assert/strict";
import { Lanes } from "../../lib/bridge/lanes.ts";
import { COMPUTE } from "../../lib/bridge/layout.ts";
import { createBridgeMemory } from "../../lib/bridge/memory.ts";
import { EVENT_RUN } from "../../lib/bridge/recording.ts";
import type { Endpoint } from "../../lib/calls/endpoint.ts";
import { endedSlices } from "../../lib/trace/slices.ts";
import { test } from "../support/test.ts";

test("A call has its caller also where lanes of workers are smaller", () => {
  const workers = 16;
  const lanes = new Lanes(createBridgeMemory(workers, 0, 1024, 1 << 20).lanes);
  assert.ok(lanes.of(COMPUTE, 1).capacity < lanes.of(COMPUTE, 0).capacity);
  const calls = lanes.all().flatMap(({ owner, firstCall, capacity }) => [
    { owner, call: firstCall },
    { owner, call: firstCall + capacity - 1 },
  ]);
  const event = { kind: EVENT_RUN, thread: 1, task: 0, startMs: 1, ms: 1 };
  const events = calls.map(({ call }) => ({
    ...event,
    call,
    failed: false,
    items: 1,
  }));
  const slices = endedSlices({ lanes } as Endpoint, events);
  assert.deepEqual(
    slices.map(({ caller }) => caller),
    calls.map(({ owner }) => owner),
  );
});
