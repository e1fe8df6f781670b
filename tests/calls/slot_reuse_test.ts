import assert from "node:assert/strict";
import {
  COMPUTE,
  ENTRY_WORDS,
  LANE_CLAIMED,
  LANE_RING,
} from "../../lib/bridge/layout.ts";
import {
  type BridgeMemory,
  createBridgeMemory,
} from "../../lib/bridge/memory.ts";
import { NO_PAGES } from "../../lib/bridge/pages.ts";
import { Endpoint } from "../../lib/calls/endpoint.ts";
import { MACHINE_CLOCK } from "../../lib/limits/clock.ts";
import { NO_GARBAGE } from "../../lib/payloads/garbage.ts";
import { KIND_NUMBER } from "../../lib/payloads/payload_kinds.ts";
import { test } from "../support/test.ts";

const CAPACITY = 4;
/** Stamps repeat after this many tickets. */
const LAP = 2 ** 31 / CAPACITY;
/** Ticket of the first call of a lane. */
const FIRST_TICKET = 1;
const WORKER_COUNT = 2;
const TASK = 1;

/** Thread 0, as it attaches to the memory of the runtime. */
function attach(memory: BridgeMemory): Endpoint {
  return new Endpoint(memory, 0, 0, [null, null, null], {
    pump() {},
    reasonOfEnd: () => undefined,
    endWorker: () => {},
    clock: MACHINE_CLOCK,
    pages: NO_PAGES,
    collector: NO_GARBAGE,
  });
}

function createMemory(): BridgeMemory {
  const memory = createBridgeMemory(WORKER_COUNT, 0, CAPACITY, 1024);
  const { control } = attach(memory);
  for (const thread of memory.workers[COMPUTE]) {
    control.setSerial(thread, thread);
  }
  return memory;
}

/** Submits a call, whose result is `results[n]`. */
function submit(endpoint: Endpoint, results: unknown[], n: number): void {
  endpoint.compute.submitNumber(TASK, n, true).then(
    (value) => results[n] = value,
    (error) => results[n] = error.name,
  );
}

/** Takes the oldest call as worker `thread`, and returns its stamp. */
function take(endpoint: Endpoint, thread: number): number {
  const lane = endpoint.lanes.of(COMPUTE, 0);
  const stamp = lane.ring.tryTake();
  lane.markRunning(stamp & (CAPACITY - 1), thread);
  return stamp;
}

/** Completes a call as worker 1. */
function complete(endpoint: Endpoint, stamp: number, result: number): void {
  const lane = endpoint.lanes.of(COMPUTE, 0);
  const slot = stamp & (CAPACITY - 1);
  lane.setNumber(lane.resultValue(slot), result);
  lane.markDone(slot, 1, KIND_NUMBER, false);
  lane.completions.push(stamp);
}

/** Changes the ring as if all tickets before `next` had been used and taken. */
function skipTo(memory: BridgeMemory, endpoint: Endpoint, next: number): void {
  const words = new Int32Array(memory.lanes[COMPUTE][0].words);
  for (let ticket = next - CAPACITY; ticket < next; ticket++) {
    words[LANE_RING + (ticket & (CAPACITY - 1)) * ENTRY_WORDS] =
      (ticket % LAP) * CAPACITY;
  }
  words[LANE_CLAIMED] = next;
  endpoint.lanes.of(COMPUTE, 0).ring.resume();
}

test("A call is settled when a lost call and a lap of tickets lie between its slot's two calls", async () => {
  const memory = createMemory();
  const endpoint = attach(memory);
  const results: unknown[] = [];
  submit(endpoint, results, 0);
  const drainedLast = take(endpoint, 1);
  submit(endpoint, results, 1);
  take(endpoint, 2);
  complete(endpoint, drainedLast, 10);
  endpoint.drain();
  // Worker 2 is replaced, which frees the slot of the second call without a completion.
  endpoint.control.setSerial(2, 2 + endpoint.control.threadCount);
  endpoint.control.announce();
  endpoint.drain();
  for (let n = 2; n < CAPACITY; n++) {
    submit(endpoint, results, n);
    take(endpoint, 1);
  }
  skipTo(memory, endpoint, FIRST_TICKET + LAP);
  submit(endpoint, results, CAPACITY);
  complete(endpoint, take(endpoint, 1), 20);
  assert.equal(endpoint.drain(), 1);
  await Promise.resolve();
  assert.deepEqual(results[CAPACITY], 20);
});

test("A replaced owner's call is settled when a lap of tickets lies between its slot's two calls", async () => {
  const memory = createMemory();
  const previous = attach(memory);
  submit(previous, [], 0);
  complete(previous, take(previous, 1), 10);
  previous.drain();
  skipTo(memory, previous, FIRST_TICKET + LAP);
  const endpoint = attach(memory);
  const results: unknown[] = [];
  submit(endpoint, results, 0);
  complete(endpoint, take(endpoint, 1), 20);
  assert.equal(endpoint.drain(), 1);
  await Promise.resolve();
  assert.deepEqual(results, [20]);
});

test("A slot whose submission threw before its push is free for a replaced owner", () => {
  const memory = createMemory();
  const previous = attach(memory);
  const { ring } = previous.lanes.of(COMPUTE, 0);
  ring.push = () => {
    throw new RangeError("no stack");
  };
  const shared = new SharedArrayBuffer(4);
  assert.throws(
    () => previous.compute.submit(TASK, [shared], true),
    RangeError,
  );
  assert.equal(attach(memory).compute.inFlight.activeCount, 0);
});
