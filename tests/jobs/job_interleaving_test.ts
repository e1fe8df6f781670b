import assert from "node:assert/strict";
import {
  CURSOR,
  HELPERS,
  Job,
  type JobMemory,
  MAX_LEAVES,
  RUNNER,
  STOP,
} from "../../lib/jobs/job.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  Scenario,
  Self,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

/** The caller is thread 0; two helpers follow. */
const THREADS = 3;
const HELPER_COUNT = THREADS - 1;

/** Only its size matters here, and its store, which no leaf uses. */
const MEMORY: JobMemory = Job.create(THREADS).memory;
/** Where a job has the tags of its leaves, and where these tests have them. */
const TAGS = MEMORY.words.length - 3 * MAX_LEAVES;
const TAGS_HERE = RUNNER + THREADS;
/** Not part of a job: the loop that uses the memory, and how many were requested. */
const CURRENT = TAGS_HERE + 3;
const REQUESTED = CURRENT + 1;
const WORD_COUNT = REQUESTED + 1;

/** What the caller records beside the leaves that it ran. */
const READ = 100;
const DROPPED = 200;
const LOST_RUNNER = 300;

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

/** The leaf that ends the loop early, for each kind of scenario. */
type EndsAt = readonly number[];

/** The words of a job are more than a state should have: leaves out those of numbers. */
function jobOn(words: Words): Job {
  const at = (index: number) => index < TAGS ? index : index - TAGS + TAGS_HERE;
  const compact: Words = {
    ...words,
    read: (index) => words.read(at(index)),
    write: (index, value) => words.write(at(index), value),
  };
  return new Job(MEMORY, THREADS, compact, 0);
}

/** Claims and runs leaves as jobs/leaf.ts does; `ran` takes each of them. */
function runLeaves(job: Job, endsAt: EndsAt, ran: (leaf: number) => void) {
  let first: number;
  while ((first = job.claim(HELPER_COUNT, 2)) >= 0) {
    const end = first + job.claimedCount;
    for (let leaf = first; leaf < end && !job.isPastStop(leaf); leaf++) {
      ran(leaf);
      if (endsAt.includes(leaf)) job.stop(leaf);
    }
  }
}

/** Serves a request as jobs/helper.ts does. */
function help(
  words: Words,
  self: Self,
  thread: number,
  loop: number,
  endsAt: EndsAt,
  alter: Alter,
) {
  const job = jobOn(alter(words));
  if (!job.hasUnclaimed) return job.leave(thread);
  job.enter(thread, thread);
  runLeaves(job, endsAt, (leaf) => {
    assert.equal(words.read(CURRENT), loop, "a leaf of another loop ran");
    job.setEmpty(leaf);
    self.note(leaf);
  });
  job.leave(thread);
}

/** Runs a loop as jobs/team.ts does and reads each result. */
function runLoop(job: Job, self: Self, endsAt: EndsAt) {
  const own = new Set<number>();
  runLeaves(job, endsAt, (leaf) => {
    own.add(leaf);
    self.note(leaf);
  });
  const lost = job.waitForRunners(() => true);
  if (lost >= 0) return self.note(LOST_RUNNER + lost);
  const stop = job.stoppedAt;
  for (let leaf = 0; leaf < job.leaves && leaf <= stop; leaf++) {
    if (own.has(leaf)) continue;
    assert.notEqual(
      job.result(leaf).kind,
      "none",
      `leaf ${leaf} has no result`,
    );
  }
  self.note(READ + stop);
}

/** A caller and two helpers run one loop. */
function oneLoop(
  leaves: number,
  endsAt: EndsAt = [],
  alter: Alter = unaltered,
): Scenario {
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      const job = jobOn(words);
      job.reset(leaves);
      for (let i = 0; i < HELPER_COUNT; i++) job.addHelper();
    },
    threads: [
      { run: (words, self) => runLoop(jobOn(alter(words)), self, endsAt) },
      ...[1, 2].map((thread) => ({
        run: (words: Words, self: Self) =>
          help(words, self, thread, 0, endsAt, alter),
      })),
    ],
    check({ notes, words }) {
      const first = Math.min(...endsAt, leaves);
      assert.ok(notes[0].includes(READ + first), "the loop ended elsewhere");
      const ran = notes.flat().filter((note) => note < READ).sort();
      assert.equal(new Set(ran).size, ran.length, "a leaf ran twice");
      for (let leaf = 0; leaf < leaves && leaf <= first; leaf++) {
        assert.ok(ran.includes(leaf), `leaf ${leaf} did not run`);
      }
      assert.ok(jobOn(words).isReusable);
    },
  };
}

stressTest(
  "Every leaf of a job runs once, and its caller sees every result",
  () => {
    exploreAll(
      "two leaves",
      { ...oneLoop(2), preemptions: sized(2, Infinity) },
      sized(100, 10_000),
    );
    exploreAll(
      "three leaves",
      { ...oneLoop(3), preemptions: sized(2, 3) },
      sized(100, 10_000),
    );
  },
);

stressTest("A job that a leaf ends runs all leaves before it", () => {
  exploreAll(
    "the first of two",
    { ...oneLoop(2, [0]), preemptions: sized(2, Infinity) },
    sized(100, 10_000),
  );
  exploreAll("the second of three", {
    ...oneLoop(3, [1]),
    preemptions: sized(2, 3),
  }, sized(100, 10_000));
  exploreAll("the second and the third", {
    ...oneLoop(3, [1, 2]),
    preemptions: sized(2, 3),
  }, sized(100, 10_000));
});

/**
 * The caller runs two loops in the same memory if it may use that again. The first helper
 * is requested for the first loop, the second one for the second.
 */
function twoLoops(alter: Alter = unaltered): Scenario {
  const helper = (thread: number): SimulatedThread => ({
    run(words, self) {
      for (let seen; (seen = words.load(REQUESTED)) < thread;) {
        words.wait(REQUESTED, seen);
      }
      // No request has come.
      if (words.load(REQUESTED) > THREADS) return;
      help(words, self, thread, thread - 1, [], alter);
    },
  });
  return {
    wordCount: WORD_COUNT,
    threads: [
      {
        run(words, self) {
          const job = jobOn(alter(words));
          for (let loop = 0; loop < 2; loop++) {
            if (!job.isReusable) {
              self.note(DROPPED);
              words.store(REQUESTED, THREADS + 1);
              return words.notify(REQUESTED);
            }
            job.reset(2);
            words.write(CURRENT, loop);
            job.addHelper();
            words.store(REQUESTED, loop + 1);
            // The other helper may wait on the same word.
            words.notify(REQUESTED);
            words.notify(REQUESTED);
            runLoop(job, self, []);
            job.endLoop();
          }
        },
      },
      helper(1),
      helper(2),
    ],
    check({ notes }) {
      const readCount =
        notes[0].filter((note) => note >= READ && note < DROPPED)
          .length;
      assert.equal(readCount, notes[0].includes(DROPPED) ? 1 : 2);
      const ran = notes.flat().filter((note) => note < READ).length;
      assert.equal(ran, readCount * 2, "a leaf ran twice, or not at all");
    },
  };
}

stressTest(
  "A late helper runs no leaf of another loop in the same memory",
  () => {
    exploreAll(
      "two loops",
      { ...twoLoops(), preemptions: sized(2, 3) },
      sized(100, 1_000),
    );
  },
);

/** A helper ends in the middle of its first leaf; its exit hook runs. */
function endingHelper(alter: Alter = unaltered): Scenario {
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      const job = jobOn(words);
      job.reset(2);
      job.addHelper();
    },
    threads: [
      { run: (words, self) => runLoop(jobOn(alter(words)), self, []) },
      {
        run(words, self) {
          const job = jobOn(alter(words));
          if (!job.hasUnclaimed) return job.leave(1);
          job.enter(1, 1);
          if (job.claim(1, 1) < 0) return job.leave(1);
          self.note(LOST_RUNNER);
          job.markLost(1);
        },
      },
    ],
    check({ notes, words }) {
      const hasEnded = notes[1].length > 0;
      assert.equal(notes[0].includes(LOST_RUNNER + 1), hasEnded);
      assert.equal(jobOn(words).isReusable, !hasEnded);
    },
  };
}

test("A caller sees that a helper has ended, wherever it waits", () => {
  exploreAll("a helper ends", endingHelper(), 100);
});

/** What is wrong, how it shows, and how one kind of operation is replaced. */
const BROKEN: [string, RegExp, Alter, (alter: Alter) => Scenario][] = [
  ["claims without comparing", /a leaf ran twice/, (words) => ({
    ...words,
    compareExchange(index, expected, value) {
      if (index !== CURSOR) {
        return words.compareExchange(index, expected, value);
      }
      words.store(index, value);
      return expected;
    },
  }), (alter) => oneLoop(3, [], alter)],
  ["enters after its first claim", /has no result/, (words) => {
    let entered: [number, number] | undefined;
    return {
      ...words,
      store(index, value) {
        if (index >= RUNNER && value > 0) entered = [index, value];
        else words.store(index, value);
      },
      compareExchange(index, expected, value) {
        const seen = words.compareExchange(index, expected, value);
        if (seen === expected && entered !== undefined) {
          words.store(...entered);
          entered = undefined;
        }
        return seen;
      },
    };
  }, (alter) => oneLoop(2, [], alter)],
  ["does not wake its caller", /lost wake-up/, (words) => ({
    ...words,
    notify() {},
  }), (alter) => oneLoop(2, [], alter)],
  [
    "stops at a leaf without comparing",
    /the loop ended elsewhere/,
    (words) => ({
      ...words,
      compareExchange(index, expected, value) {
        if (index !== STOP) {
          return words.compareExchange(
            index,
            expected,
            value,
          );
        }
        words.store(index, value);
        return expected;
      },
    }),
    (alter) => oneLoop(3, [1, 2], alter),
  ],
  [
    "says that it leaves when it enters",
    /a leaf of another loop ran/,
    (words) => ({
      ...words,
      store(index, value) {
        if (index >= RUNNER && value > 0) words.add(HELPERS, -1);
        words.store(index, value);
      },
      add: (index, value) =>
        index === HELPERS && value < 0
          ? words.load(index)
          : words.add(index, value),
    }),
    twoLoops,
  ],
  ["does not wake its caller when it ends", /lost wake-up/, (words) => ({
    ...words,
    notify() {},
  }), endingHelper],
  ["leaves in place of saying that it ends", /has no result/, (words) => ({
    ...words,
    store: (index, value) => words.store(index, Math.max(value, 0)),
  }), endingHelper],
];

for (const [what, how, alter, scenario] of BROKEN) {
  test(`A job that ${what} is found out`, () => {
    assert.throws(() => explore(scenario(alter)), how);
  });
}
