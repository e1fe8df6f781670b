import assert from "node:assert/strict";
import { CallWords, STARTED, WATCHED } from "../../lib/bridge/call_words.ts";
import { CALL_START, CALL_WORDS } from "../../lib/bridge/layout.ts";
import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type { Scenario } from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

// The owner makes two calls in one slot, one after the other, and cancels the first. One
// worker takes both. It runs each until it is cancelled, or, if it is not, to its end.
const SLOT = 0;
/** Number of the call that was pushed last. */
const PUSHED = CALL_WORDS;
/** Number of the call that was completed last. */
const DONE = PUSHED + 1;
const PARK_WORKER = DONE + 1;
const PARK_OWNER = PARK_WORKER + 1;
/** Whether the worker has been told that a call is cancelled. */
const NEWS = PARK_OWNER + 1;
const WORD_COUNT = NEWS + 1;

/** What is recorded of a call. */
const DROPPED = 10;
const RAN = 20;
const RAN_CANCELLED = 30;
const TIME = 77;

type Copy = typeof CallWords;

/** Begins a call without agreeing with the owner. */
class WithoutExchange extends CallWords {
  override tryStart(slot: number, now: () => number): boolean {
    if (this.isCancelled(slot)) return false;
    super.tryStart(slot, now);
    return true;
  }
}

/** Looks whether the call is cancelled before it says that it watches. */
class LooksBeforeItWatches extends CallWords {
  override watch(slot: number): boolean {
    const isCancelled = this.isCancelled(slot);
    super.watch(slot);
    return isCancelled;
  }
}

class WithoutReset extends CallWords {
  override reset(slot: number, timed: boolean): void {
    if (!this.isCancelled(slot)) super.reset(slot, timed);
  }
}

/** Does not say that the worker must be unparked. */
class WithoutWatched extends CallWords {
  override cancel(slot: number): number {
    return super.cancel(slot) & ~WATCHED;
  }
}

/** Says that a call has started before its time is written. */
class StartsBeforeItsTime extends CallWords {
  override tryStart(slot: number, now: () => number): boolean {
    let time = 0;
    const starts = super.tryStart(slot, () => {
      time = now();
      return 0;
    });
    this.#words.write(CALL_START, time);
    return starts;
  }
  readonly #words: Words;
  constructor(words: Words, first: number) {
    super(words, first);
    this.#words = words;
  }
}

function waitFor(words: Words, word: number, value: number, park: number) {
  while (words.load(word) < value) new Parker(words, park).park();
}

function publish(words: Words, word: number, value: number, park: number) {
  words.store(word, value);
  new Parker(words, park).unpark();
}

/** How the owner gives the first call up: cancels it, or drops it unless it has started. */
type GiveUp = "cancel" | "drop";

function owner(giveUp: GiveUp, Calls: Copy): Scenario["threads"][number] {
  return {
    run(words, self) {
      const calls = new Calls(words, SLOT);
      calls.reset(0, true);
      publish(words, PUSHED, 1, PARK_WORKER);
      if (giveUp === "drop") self.note(calls.tryDrop(0) ? 0 : STARTED);
      else {
        const before = calls.cancel(0);
        self.note(before & STARTED);
        if ((before & WATCHED) !== 0) publish(words, NEWS, 1, PARK_WORKER);
      }
      const start = calls.startOf(0);
      if (start !== undefined) {
        assert.equal(start, TIME, "no time of the start");
      }
      waitFor(words, DONE, 1, PARK_OWNER);
      calls.reset(0, true);
      publish(words, PUSHED, 2, PARK_WORKER);
      waitFor(words, DONE, 2, PARK_OWNER);
    },
  };
}

function worker(giveUp: GiveUp, Calls: Copy): Scenario["threads"][number] {
  return {
    run(words, self) {
      const calls = new Calls(words, SLOT);
      for (const call of [1, 2]) {
        waitFor(words, PUSHED, call, PARK_WORKER);
        if (!calls.tryStart(0, () => TIME)) self.note(DROPPED);
        else if (call === 2 || giveUp === "drop") {
          self.note(calls.isCancelled(0) ? RAN_CANCELLED : RAN);
        } else {
          // As a task that awaits its signal: the worker looks again when there is news.
          if (!calls.watch(0)) waitFor(words, NEWS, 1, PARK_WORKER);
          self.note(calls.isCancelled(0) ? RAN_CANCELLED : RAN);
        }
        publish(words, DONE, call, PARK_OWNER);
      }
    },
  };
}

function scenario(giveUp: GiveUp, Calls: Copy): Scenario {
  return {
    wordCount: WORD_COUNT,
    preemptions: sized(3, 6),
    threads: [owner(giveUp, Calls), worker(giveUp, Calls)],
    check({ notes: [[before], [first, second]] }) {
      const ran = giveUp === "cancel" ? RAN_CANCELLED : RAN;
      const expected = before === STARTED ? ran : DROPPED;
      assert.equal(first, expected, "both sides do not agree");
      assert.equal(second, RAN, "the second call sees the end of the first");
    },
  };
}

for (const giveUp of ["cancel", "drop"] as const) {
  stressTest(
    `A call that its owner gives up (${giveUp}) is dropped, or runs, as both sides agree, in every interleaving`,
    () => exploreAll(giveUp, scenario(giveUp, CallWords), 100),
  );
}

for (
  const [what, Broken, giveUp] of [
    ["does not reset the word for the next call", WithoutReset, "cancel"],
    ["starts a call without a compare-exchange", WithoutExchange, "cancel"],
    ["does not unpark a worker that watches", WithoutWatched, "cancel"],
    ["looks before it begins to watch", LooksBeforeItWatches, "cancel"],
    ["writes the time after the state", StartsBeforeItsTime, "drop"],
  ] as const
) {
  test(`a copy that ${what} is found out`, () => {
    assert.throws(() => explore(scenario(giveUp, Broken)));
  });
}
