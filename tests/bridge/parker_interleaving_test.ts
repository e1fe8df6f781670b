import assert from "node:assert/strict";
import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario, Self } from "../support/interleave/scenario.ts";
import { test } from "../support/test.ts";

const PARK = 0;
const WORK = 1;

type Sleep = (parker: Parker, self: Self) => void;

function sleepBlocking(parker: Parker): void {
  parker.park();
}

function sleepInEventLoop(parker: Parker, self: Self): void {
  const wait = parker.parkAsync();
  if (wait === null) return;
  self.settle(wait);
  parker.takeToken();
}

/** Unparkers add `each` items of work; one thread sleeps until it has seen all of them. */
function scenario(
  unparkers: number,
  each: number,
  sleep: Sleep,
  alter: (words: Words) => Words = (words) => words,
): Scenario {
  const sleeper = {
    run(words: Words, self: Self) {
      const parker = new Parker(alter(words), PARK);
      while (words.load(WORK) < unparkers * each) {
        sleep(parker, self);
        self.note(words.load(WORK));
      }
    },
  };
  const unparker = {
    run(words: Words) {
      const parker = new Parker(alter(words), PARK);
      for (let i = 0; i < each; i++) {
        words.add(WORK, 1);
        parker.unpark();
      }
    },
  };
  return {
    wordCount: 2,
    threads: [sleeper, ...Array.from({ length: unparkers }, () => unparker)],
    check({ notes }) {
      if (sleep !== sleepBlocking) return;
      // At most one sleep per unpark: no token is taken twice. In an event loop, a late
      // notify may end the next wait too.
      assert.ok(notes[0].length <= unparkers * each);
    },
  };
}

for (
  const [name, sleep] of [
    ["park()", sleepBlocking],
    ["parkAsync()", sleepInEventLoop],
  ] as const
) {
  test(`Parker.${name} returns in every interleaving with unparks of one thread`, () => {
    exploreAll(`Parker.${name}, one unparker`, scenario(1, 3, sleep), 100);
  });

  test(`Parker.${name} returns in every interleaving with unparks of two threads`, () => {
    exploreAll(`Parker.${name}, two unparkers`, scenario(2, 1, sleep), 1000);
  });
}

test("Parker.unpark() before Parker.park() is kept", () => {
  exploreAll("token", {
    wordCount: 2,
    prepare: (words) => new Parker(words, PARK).unpark(),
    threads: [{ run: (words) => new Parker(words, PARK).park() }],
  }, 1);
});

test("Parker.park() takes each token once, also when its time is over", () => {
  const sleeper = {
    run(words: Words, self: Self) {
      // The time of the first wait is over at once.
      const timed = new Parker({ ...words, wait: () => false }, PARK);
      if (timed.park(1)) self.note(1);
      while (words.load(WORK) < 2) {
        if (new Parker(words, PARK).park()) self.note(1);
      }
    },
  };
  const unparker = {
    run(words: Words) {
      const parker = new Parker(words, PARK);
      for (let i = 0; i < 2; i++) {
        words.add(WORK, 1);
        parker.unpark();
      }
    },
  };
  exploreAll("Parker.park(), with a limit", {
    wordCount: 2,
    threads: [sleeper, unparker],
    check: ({ notes }) => assert.ok(notes[0].length <= 2),
  }, 20);
});

test("Parker.park() works on a word that an ended thread left PARKED", () => {
  const sleeper = (words: Words) => new Parker(words, PARK).park();
  exploreAll("successor", {
    wordCount: 2,
    threads: [
      { run: sleeper, mayEnd: true },
      { run: sleeper, after: 0 },
      {
        run(words) {
          const parker = new Parker(words, PARK);
          parker.unpark();
          words.store(WORK, 1);
        },
      },
    ],
    mayStayParked: true,
    check({ parked }) {
      // There is one token, for the ended thread or its replacement.
      assert.ok(!parked[0]);
    },
  }, 10);
});

for (
  const [what, alter] of [
    [
      "notifies before it stores",
      (words) => ({
        ...words,
        exchange(index, value) {
          if (value === 2) words.notify(index);
          return words.exchange(index, value);
        },
        notify() {},
      }),
    ],
    [
      "waits without comparing",
      (words) => ({
        ...words,
        compareExchange(index, expected, value) {
          words.store(index, value);
          return expected;
        },
      }),
    ],
    ["does not notify", (words) => ({ ...words, notify() {} })],
  ] as [string, (words: Words) => Words][]
) {
  test(`a Parker that ${what} loses a wake-up`, () => {
    for (const sleep of [sleepBlocking, sleepInEventLoop]) {
      assert.throws(
        () => explore(scenario(1, 1, sleep, alter)),
        /lost wake-up/,
      );
    }
  });
}
