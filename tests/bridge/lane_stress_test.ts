import assert from "node:assert/strict";
import { Worker } from "node:worker_threads";
import { Control } from "../../lib/bridge/control.ts";
import { COMPUTE } from "../../lib/bridge/layout.ts";
import { createLaneMemory, Lane } from "../../lib/bridge/lane.ts";
import type { LaneWorkerStart } from "../fixtures/bridge/lane_worker.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

const CAPACITY = 16;
const WORKER_COUNT = 2;
const CALL_COUNT = sized(5_000, 200_000);
const WORKER = new URL("../fixtures/bridge/lane_worker.ts", import.meta.url);

stressTest(
  `a lane returns each of ${CALL_COUNT} calls once, from two workers that keep falling asleep`,
  async () => {
    const random = randomFrom(seedFor("lane stress"));
    const threadCount = 1 + WORKER_COUNT;
    const memory = createLaneMemory(CAPACITY, 1024, 1);
    const lane = new Lane(memory, 0);
    const control = Control.create(threadCount);
    const workers = Array.from({ length: WORKER_COUNT }, (_, i) =>
      startWorker({
        lane: memory,
        capacity: CAPACITY,
        control: control.buffer,
        threadCount,
        thread: i + 1,
      }));
    const sleepCount = await submitAll(lane, control, random);
    control.stop();
    const sleepCounts = await Promise.all(workers);
    console.log(
      `lane stress: the owner slept ${sleepCount} times, workers ${sleepCounts.join()}`,
    );
    assert.ok(sleepCount > 0, "the owner never slept");
    assert.ok(sleepCounts.some((count) => count > 0), "no worker ever slept");
  },
);

/** Submits all calls in batches of random size; returns how often it slept. */
async function submitAll(
  lane: Lane,
  control: Control,
  random: (below: number) => number,
): Promise<number> {
  const idle = control.idle(COMPUTE, WORKER_COUNT);
  const parker = control.parkers[0];
  const free = Array.from({ length: CAPACITY }, (_, slot) => slot);
  const expected = new Array<number | undefined>(CAPACITY);
  const order = new Int32Array(CAPACITY);
  let submitted = 0;
  let completed = 0;
  let sleepCount = 0;
  lane.ring.resume();
  lane.completions.resume();
  while (completed < CALL_COUNT) {
    for (let i = random(CAPACITY + 1); i > 0 && free.length > 0; i--) {
      if (submitted === CALL_COUNT) break;
      const slot = free.splice(random(free.length), 1)[0];
      expected[slot] = submitted * 2;
      lane.setNumber(lane.nextValue(slot), submitted++);
      lane.ring.push(slot, 1);
      if (idle.needsWake()) idle.wakeOne();
    }
    const count = lane.completions.drainInto(order);
    for (let i = 0; i < count; i++) {
      assert.equal(lane.number(lane.resultValue(order[i])), expected[order[i]]);
      expected[order[i]] = undefined;
      free.push(order[i]);
    }
    completed += count;
    // Sometimes spins instead, so that the owner is also awake at some completions.
    if (count > 0 || free.length === CAPACITY || random(4) === 0) continue;
    if (!lane.completions.tryArm()) continue;
    const wait = parker.parkAsync();
    if (wait === null) continue;
    sleepCount++;
    await wait;
    parker.takeToken();
  }
  assert.equal(completed, CALL_COUNT);
  assert.equal(lane.completions.hasNews(), false);
  assert.equal(lane.ring.hasWork(), false);
  return sleepCount;
}

/** Starts a worker; resolves with how often it slept, after it has ended. */
function startWorker(workerData: LaneWorkerStart): Promise<number> {
  const worker = new Worker(WORKER, { workerData });
  return new Promise((resolve, reject) => {
    let sleepCount = -1;
    worker.on("message", (count) => sleepCount = count);
    worker.on("error", reject);
    worker.on("exit", () => resolve(sleepCount));
  });
}

/** Whole numbers below a limit, the same for the same seed. */
function randomFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    // A linear congruential generator; its high bits are random enough to vary timing.
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}
