import assert from "node:assert/strict";
import { explore, exploreAll } from "../support/interleave/explore.ts";
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

stressTest("a lone worker takes every call of one caller", () => {
  exploreAll(
    "one worker",
    scenario({
      lanes: 1,
      workers: 1,
      callers: [2],
      takes: [3],
      preemptions: sized(PREEMPTIONS, Infinity),
    }),
    sized(LEAST_SCHEDULES, 1000),
  );
});

stressTest("a lone worker takes every call of two callers", () => {
  exploreAll(
    "two callers",
    scenario({
      lanes: 2,
      workers: 1,
      callers: [1, 1],
      takes: [3],
      preemptions: sized(PREEMPTIONS, 4),
    }),
    sized(LEAST_SCHEDULES, 1000),
  );
});

stressTest("two workers take two calls that never finish", () => {
  exploreAll(
    "two workers",
    scenario({
      lanes: 1,
      workers: 2,
      callers: [2],
      takes: [1, 1],
      preemptions: sized(PREEMPTIONS, 4),
    }),
    sized(LEAST_SCHEDULES, 1000),
  );
});

stressTest(
  "a sleeping worker takes the second call while the other worker is busy with the first",
  () => {
    exploreAll(
      "one asleep",
      scenario({
        lanes: 1,
        workers: 2,
        callers: [2],
        takes: [1, 1],
        asleepFrom: 1,
        preemptions: sized(PREEMPTIONS, Infinity),
      }),
      sized(LEAST_SCHEDULES, 1000),
    );
  },
);

stressTest(
  "two sleeping workers take the calls of two callers when neither call finishes",
  () => {
    exploreAll(
      "two asleep, two callers",
      scenario({
        lanes: 2,
        workers: 2,
        callers: [1, 1],
        takes: [1, 1],
        asleepFrom: 0,
        preemptions: sized(PREEMPTIONS, Infinity),
      }),
      sized(LEAST_SCHEDULES, 1000),
    );
  },
);

stressTest(
  "a call is taken even if another caller is interrupted while it wakes a worker",
  () => {
    exploreAll(
      "one asleep, two callers",
      scenario({
        lanes: 2,
        workers: 2,
        callers: [1, 1],
        takes: [1, 1],
        asleepFrom: 1,
        preemptions: sized(PREEMPTIONS, 3),
      }),
      sized(LEAST_SCHEDULES, 1000),
    );
  },
);

/** Worker 0 searches and takes the call of lane 0; lane 1 is used for the first time. */
const FIRST_USE: PoolScenario = {
  lanes: 2,
  announces: true,
  workers: 2,
  callers: [1, 1],
  takes: [1, 1],
  asleepFrom: 1,
  preemptions: 2,
};

stressTest("a call on a lane that no worker has used yet is taken", () => {
  exploreAll(
    "first use",
    scenario({ ...FIRST_USE, preemptions: sized(PREEMPTIONS, 2) }),
    sized(LEAST_SCHEDULES, 1000),
  );
});

test("a pool whose last searcher checks only known lanes leaves a call waiting", () => {
  assert.throws(
    () =>
      explore(scenario({
        ...FIRST_USE,
        habits: { ...GOOD, wakesForNews: false },
        preemptions: PREEMPTIONS,
      })),
    /a call waits while workers sleep/,
  );
});

/** Worker 0 may end wherever code of a task can run; its replacement serves calls. */
stressTest(
  "a pool serves calls after a worker ended while asleep or searching",
  () => {
    const place: Place = { lanes: 1, workers: 2 };
    exploreAll("successor", {
      wordCount: Pool.wordCount(place),
      prepare(words) {
        Pool.prepare(words, place);
        const { idle } = new Pool(words, place, GOOD);
        idle.startSearch(1);
        idle.sleep(1);
      },
      threads: [
        {
          run(words, self) {
            const pool = new Pool(words, place, GOOD);
            const { idle, parkers } = pool;
            idle.startSearch(0);
            self.mayEndHere();
            idle.sleep(0);
            if (!pool.hasCalls(0)) {
              self.mayEndHere();
              parkers[0].park();
            }
            idle.awake(0);
            self.mayEndHere();
            if (idle.endSearch(0) && pool.hasCalls(0)) idle.wakeOne();
          },
        },
        {
          after: 0,
          run(words, self) {
            const pool = new Pool(words, place, GOOD);
            pool.idle.resume(0);
            serve(pool, 0, 1, self);
          },
        },
        {
          run(words, self) {
            serve(new Pool(words, place, GOOD), 1, 1, self, true);
          },
        },
        {
          run(words) {
            const pool = new Pool(words, place, GOOD);
            pool.rings[0].resume();
            pool.submit(0, 0);
            pool.submit(0, 1);
          },
        },
      ],
      mayStayParked: true,
      preemptions: sized(PREEMPTIONS, 3),
      check({ notes, parked }) {
        // If the first worker still sleeps, no caller has chosen it.
        const workers = parked[0] ? 1 : 2;
        assert.ok(notes.flat().length >= workers, "a call waits");
      },
    }, sized(LEAST_SCHEDULES, 1000));
  },
);

for (
  const [what, habits] of [
    ["parks without checking again", { looksAgain: false }],
    ["does not wake the next worker", { wakesNext: false }],
    ["checks for sleepers before it pushes", { pushesFirst: false }],
  ] as [string, Partial<Habits>][]
) {
  test(`a pool that ${what} leaves a call waiting`, () => {
    assert.throws(
      () =>
        explore(scenario({
          lanes: 1,
          workers: 2,
          callers: [2],
          takes: [1, 1],
          habits: { ...GOOD, ...habits },
          preemptions: PREEMPTIONS,
        })),
      /a call waits while workers sleep/,
    );
  });
}
