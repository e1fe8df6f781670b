import assert from "node:assert/strict";
import { EndingError, TaskGuard } from "../../lib/bridge/task_guard.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario, Self } from "../support/interleave/scenario.ts";
import { test } from "../support/test.ts";

const GUARD = 0;
/** 1 while the worker is in the middle of a step on the bridge. */
const STEP = 1;
/** Number of steps that the worker has begun. */
const BEGUN = 2;
/** Whether the guarded call is finished. */
const FINISHED = 3;
const WORD_COUNT = 4;

const STEPS = 3;
const ATTEMPTS = 3;

type Guards = new (words: Words, index: number) => TaskGuard;

/** A worker that takes steps for the code of a guarded call. */
function work(guard: TaskGuard, words: Words, self: Self): void {
  const step = () => {
    words.add(BEGUN, 1);
    words.store(STEP, 1);
    words.store(STEP, 0);
  };
  guard.begin();
  guard.toTasks();
  try {
    for (let n = 1; n < STEPS; n++) {
      // As inLibrary(), whose `finally` the checker would run after each operation.
      guard.toLibrary();
      step();
      guard.toTasks();
    }
    guard.toLibrary();
  } catch (error) {
    if (error instanceof EndingError) return self.note(1);
    throw error;
  }
  step();
  guard.end();
  // Not guarded: this code may not be ended.
  guard.toTasks();
  words.store(STEP, 1);
  words.store(FINISHED, 1);
}

function worker(Guard: Guards): Scenario["threads"][number] {
  return { run: (words, self) => work(new Guard(words, GUARD), words, self) };
}

/** Tries to end the worker, a few times. */
function tryEnd(guard: TaskGuard): boolean {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (guard.tryEnd()) return true;
  }
  return false;
}

/**
 * A worker takes steps for the code of a guarded call, while the main thread tries to end it.
 *
 * @param takesBack Whether the main thread then finds that there is no reason to.
 */
function scenario(takesBack: boolean, Guard: Guards = TaskGuard): Scenario {
  return {
    wordCount: WORD_COUNT,
    mayStayParked: !takesBack,
    threads: [
      worker(Guard),
      {
        run(words, self) {
          const guard = new Guard(words, GUARD);
          for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
            if (!guard.tryEnd()) continue;
            self.note(words.load(STEP));
            if (takesBack && guard.tryTakeBack()) continue;
            return self.note(words.load(BEGUN));
          }
        },
      },
    ],
    check({ notes, words }) {
      const [left, ending] = notes;
      // The worker goes on, unless what it was last told was not taken back.
      const isEnded = words.load(GUARD) >= 2;
      if (isEnded) {
        const begun = ending.at(-1);
        assert.equal(words.load(BEGUN), begun, "it took a step after that");
      } else {
        assert.equal(words.load(FINISHED), 1);
        assert.deepEqual(left, []);
      }
      assert.ok(
        (isEnded ? ending.slice(0, -1) : ending).every((step) => step === 0),
        "the worker was ended in the middle of a step",
      );
    },
  };
}

test("TaskGuard.tryEnd() lets no worker end in the middle of a step", () => {
  exploreAll("TaskGuard.tryEnd", scenario(false), 100);
});

test("TaskGuard.tryTakeBack() lets the worker go on", () => {
  exploreAll("TaskGuard.tryTakeBack", scenario(true), 1000);
});

/** A worker is ended and replaced, but its code goes on for a while. */
function replacement(Guard: Guards = TaskGuard): Scenario {
  return {
    wordCount: WORD_COUNT,
    mayStayParked: true,
    threads: [
      worker(Guard),
      {
        run(words, self) {
          const guard = new Guard(words, GUARD);
          if (!tryEnd(guard)) return;
          self.note(words.load(BEGUN));
          guard.reset();
          const next = new Guard(words, GUARD);
          next.begin();
          next.toTasks();
          next.toLibrary();
          next.toTasks();
        },
      },
    ],
    check({ notes: [, [begun]], words }) {
      if (begun === undefined) return;
      assert.equal(words.load(BEGUN), begun, "the old worker took a step");
    },
  };
}

test("An ended worker whose code goes on takes no step, whatever its replacement does", () => {
  exploreAll("TaskGuard.reset", replacement(), 100);
});

test("a copy whose generations are alike is found out", () => {
  const Guard = altered((words) => ({
    store: (index, value) =>
      words.store(index, index === GUARD ? value & 3 : value),
  }));
  assert.throws(() => explore(replacement(Guard)));
});

/** Words on which one operation does something else. */
function altered(change: (words: Words) => Partial<Words>): Guards {
  return class extends TaskGuard {
    constructor(words: Words, index: number) {
      const all: Words = {
        load: (index) => words.load(index),
        store: (index, value) => words.store(index, value),
        add: (index, value) => words.add(index, value),
        and: (index, value) => words.and(index, value),
        or: (index, value) => words.or(index, value),
        exchange: (index, value) => words.exchange(index, value),
        compareExchange: (index, expected, value) =>
          words.compareExchange(index, expected, value),
        read: (index) => words.read(index),
        write: (index, value) => words.write(index, value),
        wait: (index, value, ms) => words.wait(index, value, ms),
        waitAsync: (index, value) => words.waitAsync(index, value),
        notify: (index) => words.notify(index),
      };
      super({ ...all, ...change(words) }, index);
    }
  };
}

const BROKEN: Record<string, { takesBack: boolean; Guard: Guards }> = {
  "goes on without looking": {
    takesBack: false,
    Guard: altered((words) => ({
      compareExchange(index, expected, value) {
        if (value === 2) return words.compareExchange(index, expected, value);
        words.store(index, value);
        return expected;
      },
    })),
  },
  "ends a worker that it saw in a task": {
    takesBack: false,
    Guard: altered((words) => ({
      compareExchange(index, expected, value) {
        if (value !== 2) return words.compareExchange(index, expected, value);
        const seen = words.load(index);
        if (seen === expected) words.store(index, value);
        return seen;
      },
    })),
  },
  "does not wait": {
    takesBack: false,
    Guard: class extends TaskGuard {
      override toLibrary(): void {
        if (this.isInTasks) this.reset();
        this.isInTasks = false;
      }
    },
  },
  "says that it runs tasks when no call is guarded": {
    takesBack: false,
    Guard: class extends TaskGuard {
      override end(): void {
        super.end();
        this.isActive = true;
      }
    },
  },
  "takes back without waking": {
    takesBack: true,
    Guard: altered(() => ({ notify() {} })),
  },
};

for (const [what, { takesBack, Guard }] of Object.entries(BROKEN)) {
  test(`a guard that ${what} is found out`, () => {
    assert.throws(() => explore(scenario(takesBack, Guard)));
  });
}
