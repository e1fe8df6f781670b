import assert from "node:assert/strict";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  GOOD,
  type Habits,
  type PoolScenario,
  scenario,
} from "./idle_set_pool.ts";

/** Of a quick run; each broken pool below is caught with as many. */
const PREEMPTIONS = 1;
const LEAST_SCHEDULES = 20;

/** Caller 0 makes a call for worker 0 only, and caller 1 one for any worker. */
const FOR_WORKER_0: PoolScenario = {
  lanes: 2,
  workers: 2,
  servedBy: [0, undefined],
  callers: [1, 1],
  takes: [1, 1],
};

for (
  const [what, asleepFrom] of [
    ["sleeps, and so does the other", 0],
    ["runs, while the other sleeps", 1],
    ["runs, and so does the other", 2],
  ] as const
) {
  stressTest(
    `a call for one worker is taken when that worker ${what}`,
    () => {
      // Worker 0 may come back for a second call, or may not.
      for (const takes of [[2, 1], [1, 1]]) {
        exploreAll(
          "direct",
          scenario({
            ...FOR_WORKER_0,
            takes,
            asleepFrom,
            preemptions: sized(PREEMPTIONS, 3),
          }),
          sized(LEAST_SCHEDULES, 1000),
        );
      }
    },
  );
}

stressTest("calls of two callers for the only worker are taken", () => {
  exploreAll(
    "direct, one worker",
    scenario({
      lanes: 2,
      workers: 1,
      servedBy: [0, 0],
      callers: [1, 1],
      takes: [3],
      asleepFrom: 0,
      preemptions: sized(PREEMPTIONS, 4),
    }),
    sized(LEAST_SCHEDULES, 1000),
  );
});

for (
  const [what, habits] of [
    ["wakes any worker", { wakesThread: false }],
    ["wakes the worker before the push", { pushesFirst: false }],
    ["does not check its own ring again", { looksAgain: false }],
    // The worker that was woken for its own call counted as searching.
    ["does not wake the next worker", { wakesNext: false }],
  ] as [string, Partial<Habits>][]
) {
  test(`a pool with calls for one worker that ${what} leaves a call waiting`, () => {
    assert.throws(
      () => {
        for (const asleepFrom of [0, 1, 2]) {
          explore(scenario({
            ...FOR_WORKER_0,
            asleepFrom,
            habits: { ...GOOD, ...habits },
            preemptions: PREEMPTIONS,
          }));
        }
      },
      /a call waits while workers sleep/,
    );
  });
}
