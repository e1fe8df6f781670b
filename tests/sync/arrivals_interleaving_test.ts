import assert from "node:assert/strict";
import type { Words } from "../../lib/bridge/words.ts";
import { PARTIES } from "../../lib/sync/arrivals.ts";
import { HolderLostError } from "../../lib/errors.ts";
import { ENTRY_WANT, entryWord } from "../../lib/monitor/layout.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  Scenario,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  OWN_WORDS,
  prepare,
  replaceThread,
  SyncThread,
  THREADS,
} from "../monitor/simulated_thread.ts";

/** Number of rounds that each thread has begun. */
const BEGUN = OWN_WORDS;
const WORD_COUNT = BEGUN + THREADS;

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

/** Arrives in several rounds, and never runs ahead of another thread. */
function party(
  thread: number,
  parties: number,
  rounds: number,
  blocks: boolean,
  alter: Alter = unaltered,
): SimulatedThread {
  return {
    run(words, self) {
      const one = new SyncThread(alter(words), thread);
      const arrivals = one.arrivals();
      for (let round = 1; round <= rounds; round++) {
        words.store(BEGUN + thread, round);
        const arrival = arrivals.arrival();
        let isLeader: boolean;
        if (blocks) isLeader = arrival.block(arrivals.line, "wait", {});
        else {
          one.waitInRounds(arrivals.line, arrival);
          isLeader = arrival.take();
        }
        for (let other = 0; other < parties; other++) {
          const begun = words.load(BEGUN + other);
          assert.ok(begun >= round, "went on before all had arrived");
        }
        if (isLeader) self.note(round);
      }
    },
  };
}

function parties(
  threads: readonly SimulatedThread[],
  count: number,
  preemptions: number,
): Scenario {
  return {
    wordCount: WORD_COUNT,
    preemptions,
    prepare(words) {
      prepare(words);
      words.store(PARTIES, count);
    },
    threads,
  };
}

stressTest(
  "all threads leave a barrier together, and one of them leads",
  () => {
    for (const blocks of [true, false]) {
      const two = [party(0, 2, 2, blocks), party(1, 2, 2, false)];
      const scenario = parties(two, 2, sized(2, 3));
      exploreAll("two parties, two rounds", {
        ...scenario,
        check: ({ notes }) => assert.deepEqual(notes.flat().sort(), [1, 2]),
      }, 500);
    }
    const three = [0, 1, 2].map((i) => party(i, 3, 1, i === 1));
    exploreAll("three parties", parties(three, 3, sized(1, 2)), 100);
  },
);

/** May end while it waits; or its time is over. */
const waiter: SimulatedThread = {
  run(words, self) {
    const one = new SyncThread(words, 1);
    const arrivals = one.arrivals();
    const arrival = arrivals.arrival();
    one.waitInRounds(arrivals.line, arrival, () => self.mayEndHere());
  },
};

stressTest(
  "a barrier that a waiting thread has left by its end lets the others go",
  () => {
    const other: SimulatedThread = {
      run(words, self) {
        const one = new SyncThread(words, 0);
        const arrivals = one.arrivals();
        for (let attempt = 0; attempt < 2; attempt++) {
          try {
            arrivals.arrival().block(arrivals.line, "wait", {});
            return self.note(attempt);
          } catch (error) {
            if (!(error instanceof HolderLostError)) throw error;
          }
        }
      },
    };
    const successor: SimulatedThread = {
      after: 1,
      run(words) {
        replaceThread(words, 1);
        // Arrives in place of the ended thread, unless that has passed.
        const arrivals = new SyncThread(words, 2).arrivals();
        const arrival = arrivals.arrival();
        arrivals.line.owner.begin(arrivals.line, arrival);
      },
    };
    exploreAll("a waiting thread ends", {
      ...parties([other, waiter, successor], 2, sized(2, 3)),
      mayStayParked: true,
      check: ({ notes, parked }) => {
        assert.ok(!parked[0], "the other thread waits for ever");
        assert.equal(notes[0].length, 1);
      },
    }, 100);
  },
);

test("the checker detects a barrier that forgets its answer", () => {
  const own = entryWord(0, 0, THREADS) + ENTRY_WANT;
  const alter: Alter = (words) => ({
    ...words,
    read: (index) => index === own ? 0 : words.read(index),
  });
  const threads = [party(0, 2, 1, false, alter), party(1, 2, 1, false)];
  assert.throws(() => explore(parties(threads, 2, 2)), /lost wake-up/);
});
