import assert from "node:assert/strict";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario } from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  GOOD,
  type Habits,
  type Place,
  Pool,
  type PoolScenario,
  scenario,
  serve,
} from "./idle_set_pool.ts";

/** Of a quick run; each broken pool below is caught with as many. */
const PREEMPTIONS = 1;
const LEAST_SCHEDULES = 20;

/** Worker 0 is full. The main thread makes a call, and so does another thread. */
const ONE_FULL: PoolScenario = {
  lanes: 2,
  workers: 2,
  full: [0],
  callers: [1, 1],
  takes: [1, 1],
  asleepFrom: 0,
};

stressTest(
  "a call that a full worker leaves is taken by another that sleeps",
  () => {
    for (const takes of [[1, 1], [2, 1], [1, 2]]) {
      exploreAll(
        "one full",
        scenario({ ...ONE_FULL, takes, preemptions: sized(PREEMPTIONS, 3) }),
        sized(LEAST_SCHEDULES, 1000),
      );
    }
  },
);

for (
  const [what, habits] of [
    ["falls asleep", { leavesNoneAsleep: false }],
    ["takes another call", { leavesNoneBusy: false }],
  ] as [string, Partial<Habits>][]
) {
  test(`a pool whose full worker wakes no other when it ${what} leaves a call waiting`, () => {
    assert.throws(
      () => {
        for (const takes of [[1, 1], [2, 1], [1, 2]]) {
          explore(scenario({
            ...ONE_FULL,
            takes,
            habits: { ...GOOD, ...habits },
            preemptions: 2,
          }));
        }
      },
      /a call waits while workers sleep/,
    );
  });
}

/** A worker sleeps full, and then a call settles in its event loop. */
function settling(workers: number, updatesFirst: boolean): Scenario {
  const place: Place = { lanes: 1, workers };
  const habits: Habits = GOOD;
  return {
    wordCount: Pool.wordCount(place),
    prepare(words) {
      Pool.prepare(words, place);
      const { idle } = new Pool(words, place, habits);
      idle.startSearch(0);
      idle.sleep(0);
      idle.setFull(0, true);
    },
    threads: [
      {
        run(words, self) {
          const pool = new Pool(words, place, habits);
          if (updatesFirst) pool.idle.setFull(0, false);
          const isLeft = pool.hasCalls(0);
          if (!updatesFirst) pool.idle.setFull(0, false);
          if (updatesFirst || isLeft) {
            pool.idle.awake(0);
            if (pool.idle.endSearch(0) && pool.hasCalls(0)) pool.idle.wakeOne();
            serve(pool, 0, 1, self);
          } else serve(pool, 0, 1, self, true);
        },
      },
      {
        run(words) {
          const pool = new Pool(words, place, habits, true);
          pool.rings[0].resume();
          pool.submit(0, 0);
        },
      },
    ],
    mayStayParked: true,
    preemptions: sized(2, Infinity),
    check({ notes }) {
      assert.equal(notes[0].length, 1, "a call waits");
    },
  };
}

stressTest(
  "a worker that is not full any more takes the call that nobody woke it for",
  () => {
    for (const workers of [1, 2]) {
      exploreAll("settles", settling(workers, true), sized(5, 5));
    }
  },
);

test("a worker that looks at the rings before it says that it is not full leaves a call waiting", () => {
  assert.throws(() => explore(settling(2, false)), /a call waits/);
});
