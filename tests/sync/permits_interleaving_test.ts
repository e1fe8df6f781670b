import assert from "node:assert/strict";
import type { Words } from "../../lib/bridge/words.ts";
import { GUARD } from "../../lib/monitor/layout.ts";
import { AVAILABLE } from "../../lib/sync/permits.ts";
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
  SERIALS,
  SIGNALS,
  SyncThread,
  take,
  THREADS,
} from "../monitor/simulated_thread.ts";

/** Number of threads that hold the lock. */
const INSIDE = OWN_WORDS;
const WORD_COUNT = INSIDE + 1;

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

/** Locks and unlocks, in rounds of an event loop or blocked. */
function locker(
  thread: number,
  blocks: boolean,
  times = 1,
  alter: Alter = unaltered,
): SimulatedThread {
  return {
    run(words, self) {
      const one = new SyncThread(alter(words), thread);
      const permits = one.permits(1);
      for (let i = 0; i < times; i++) {
        const lock = take(permits);
        if (blocks) lock.block(permits.line, "lock", {});
        else {
          one.waitInRounds(permits.line, lock);
          lock.take();
        }
        assert.equal(words.add(INSIDE, 1), 0, "two threads hold the lock");
        words.add(INSIDE, -1);
        permits.release(1);
        self.note(thread);
      }
    },
  };
}

function lockers(
  threads: readonly SimulatedThread[],
  preemptions: number,
): Scenario {
  return {
    wordCount: WORD_COUNT,
    preemptions,
    prepare(words) {
      prepare(words);
      words.store(AVAILABLE, 1);
    },
    threads,
    check({ words }) {
      // What an ended thread held comes back in the next step of any thread.
      const permits = new SyncThread(words, 0).permits(1);
      permits.add(0);
      assert.equal(words.load(AVAILABLE), 1);
    },
  };
}

stressTest("a lock is held by one thread, and no wake-up is lost", () => {
  for (const [a, b] of [[true, true], [true, false], [false, false]]) {
    const threads = [locker(0, a, 2), locker(1, b, 2)];
    exploreAll("two threads", lockers(threads, sized(2, 3)), 1000);
  }
  const three = [locker(0, false), locker(1, true), locker(2, false)];
  exploreAll("three threads", lockers(three, sized(1, 2)), 500);
});

/** The main thread replaces the worker after its end. */
const replacer: SimulatedThread = {
  after: 1,
  run: (words) => replaceThread(words, 1),
};

/** Ends while it holds the lock, or unlocks it. */
const holder: SimulatedThread = {
  run(words, self) {
    const permits = new SyncThread(words, 1).permits(1);
    take(permits).block(permits.line, "lock", {});
    self.mayEndHere();
    permits.release(1);
  },
};

/** Locks also a lock whose holder was lost. */
function recoverer(
  thread: number,
  blocks: boolean,
  alter: Alter = unaltered,
): SimulatedThread {
  return {
    run(words, self) {
      const one = new SyncThread(alter(words), thread);
      const permits = one.permits(1);
      const lock = take(permits, 1, true);
      let wasLost: boolean;
      if (blocks) wasLost = lock.block(permits.line, "lock", {});
      else {
        one.waitInRounds(permits.line, lock);
        wasLost = lock.take();
      }
      self.note(wasLost ? 1 : 0);
      permits.release(1);
    },
  };
}

stressTest("a lock whose holder ends is lost once, and goes on", () => {
  for (const blocks of [true, false]) {
    const threads = [recoverer(0, blocks), holder, replacer];
    exploreAll("a holder ends", lockers(threads, sized(2, 3)), 500);
  }
  const threads = [recoverer(0, false), holder, recoverer(2, true), replacer];
  const scenario = lockers(threads, sized(1, 2));
  exploreAll("a holder ends, two wait", {
    ...scenario,
    check(end) {
      scenario.check!(end);
      assert.ok(end.notes[0][0] + end.notes[2][0] <= 1, "lost twice");
    },
  }, 500);
});

/** May end at any time while it waits. */
const waiter: SimulatedThread = {
  run(words, self) {
    const one = new SyncThread(words, 1);
    const permits = one.permits(1);
    const lock = take(permits);
    one.waitInRounds(permits.line, lock, () => self.mayEndHere());
    permits.release(1);
  },
};

stressTest("a lock passes by a thread that has ended while it waited", () => {
  const threads = [locker(0, true), waiter, locker(2, false), replacer];
  exploreAll("a waiting thread ends", lockers(threads, sized(1, 2)), 500);
});

/** Waits until some time is over. */
const canceller: SimulatedThread = {
  run(words) {
    const one = new SyncThread(words, 1);
    const permits = one.permits(1);
    const lock = take(permits);
    const { owner } = permits.line;
    if (!owner.begin(permits.line, lock)) {
      one.waits.drain();
      if (owner.cancel(permits.line, lock)) return;
    }
    permits.release(1);
  },
};

stressTest("a wait that is cancelled passes its turn on", () => {
  const threads = [locker(0, true), canceller, locker(2, false)];
  exploreAll("cancelled", lockers(threads, sized(2, 3)), 500);
});

test("a thread that blocks is signalled although code on its event loop was", () => {
  const blocker: SimulatedThread = {
    run(words) {
      const one = new SyncThread(words, 0);
      const permits = one.permits(3);
      const { line } = permits;
      if (line.owner.begin(line, take(permits))) return;
      // Takes the token of the signal, as a wait for another object does.
      one.waits.block(undefined);
      take(permits, 3).block(line, "lock", {});
    },
  };
  const holders: SimulatedThread = {
    run(words) {
      new SyncThread(words, 1).permits(3).release(2);
      new SyncThread(words, 2).permits(3).release(1);
    },
  };
  exploreAll("a signal before the block", {
    ...lockers([blocker, holders], 3),
    prepare(words) {
      prepare(words);
      words.store(AVAILABLE, 3);
      for (const [thread, count] of [[1, 2], [2, 1]]) {
        const permits = new SyncThread(words, thread).permits(3);
        assert.ok(permits.line.owner.try(permits.line, take(permits, count)));
      }
    },
    check() {},
  }, 20);
});

for (
  const [what, alter] of [
    ["is entered by several threads at a time", (words) => ({
      ...words,
      exchange: (index, value) =>
        index === GUARD && value !== 0 ? 0 : words.exchange(index, value),
    })],
    ["does not notify at the end of a step", (words) => ({
      ...words,
      notify(index) {
        if (index !== GUARD) words.notify(index);
      },
    })],
    ["does not count signals", (words) => ({
      ...words,
      add: (index, value) =>
        index >= SIGNALS && index < SIGNALS + THREADS
          ? 0
          : words.add(index, value),
    })],
  ] as [string, Alter][]
) {
  test(`the checker detects an object that ${what}`, () => {
    const threads = [locker(0, false, 2, alter), locker(1, false, 2, alter)];
    assert.throws(
      () => explore(lockers(threads, 2)),
      /two threads hold|lost wake-up|check of the end/,
    );
  });
}

test("the checker detects an object that waits for ended threads", () => {
  const alter: Alter = (words) => ({
    ...words,
    load: (index) =>
      index >= SERIALS && index < SERIALS + THREADS
        ? index - SERIALS
        : words.load(index),
  });
  const threads = [recoverer(0, true, alter), holder, replacer];
  assert.throws(() => explore(lockers(threads, 2)), /lost wake-up/);
});
