import assert from "node:assert/strict";
import { ChannelClosedError } from "../../lib/errors.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { ENTRY_SIGNALLED, entryWord } from "../../lib/monitor/layout.ts";
import { ringState } from "../../lib/monitor/item_ring.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  End,
  Scenario,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  NumberItem,
  OWN_WORDS,
  prepare,
  RING_BYTES,
  SyncThread,
  THREADS,
} from "./simulated_thread.ts";

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

/** Sends its numbers, then closes the queue if it is the one to do that. */
function sender(
  thread: number,
  numbers: readonly number[],
  closes: boolean,
  alter: Alter = unaltered,
): SimulatedThread {
  return {
    run(words) {
      const one = new SyncThread(alter(words), thread);
      const queue = one.queue();
      for (const number of numbers) {
        const sending = queue.sending(new NumberItem(number));
        one.waitInRounds(queue.senders, sending);
        sending.take();
      }
      if (closes) queue.close();
    },
  };
}

/** Receives until the queue is closed, or so many times. */
function receiver(
  thread: number,
  blocks: boolean,
  times = Infinity,
): SimulatedThread {
  return {
    run(words, self) {
      const one = new SyncThread(words, thread);
      const queue = one.queue();
      for (let i = 0; i < times; i++) {
        const receiving = queue.receiving<number>();
        if (blocks) receiving.block(queue.receivers, "receive", {});
        else one.waitInRounds(queue.receivers, receiving);
        const { value, done } = receiving.take();
        if (done) return;
        self.note(value);
      }
    },
  };
}

function queueOf(
  capacity: number,
  threads: readonly SimulatedThread[],
  preemptions: number,
  check?: (end: End) => void,
): Scenario {
  return {
    wordCount: OWN_WORDS,
    preemptions,
    prepare(words) {
      prepare(words);
      const state = ringState(RING_BYTES, capacity);
      for (const [word, value] of Object.entries(state)) {
        words.store(Number(word), value);
      }
    },
    threads,
    check,
  };
}

stressTest(
  "a queue hands over each item once, in order, and ends when it is closed",
  () => {
    for (const capacity of [1, 2]) {
      for (const blocks of [true, false]) {
        const threads = [sender(0, [1, 2, 3], true), receiver(1, blocks)];
        exploreAll(
          `capacity ${capacity}`,
          queueOf(capacity, threads, sized(2, 3), ({ notes }) => {
            assert.deepEqual(notes[1], [1, 2, 3]);
          }),
          500,
        );
      }
    }
  },
);

stressTest(
  "a queue of several senders and receivers loses no item and no wake-up",
  () => {
    const senders = [
      sender(0, [1, 2], false),
      sender(1, [3], false),
      receiver(2, false, 3),
    ];
    exploreAll(
      "two senders",
      queueOf(1, senders, sized(1, 2), ({ notes }) => {
        assert.deepEqual([...notes[2]].sort(), [1, 2, 3]);
        assert.ok(notes[2].indexOf(1) < notes[2].indexOf(2));
      }),
      500,
    );
    const receivers = [
      sender(0, [1, 2, 3], true),
      receiver(1, true),
      receiver(2, false),
    ];
    exploreAll(
      "two receivers",
      queueOf(2, receivers, sized(1, 2), ({ notes }) => {
        assert.deepEqual([...notes[1], ...notes[2]].sort(), [1, 2, 3]);
      }),
      500,
    );
  },
);

test("senders that wait for room end when the queue is closed", () => {
  const refused: SimulatedThread = {
    run(words, self) {
      const one = new SyncThread(words, 1);
      const queue = one.queue();
      for (const number of [1, 2]) {
        const sending = queue.sending(new NumberItem(number));
        one.waitInRounds(queue.senders, sending);
        try {
          sending.take();
        } catch (error) {
          assert.ok(error instanceof ChannelClosedError);
          self.note(number);
        }
      }
    },
  };
  const closer: SimulatedThread = {
    run: (words) => new SyncThread(words, 0).queue().close(),
  };
  exploreAll("closed", queueOf(1, [closer, refused], 2), 20);
});

test("the checker detects a queue that signals a thread only once", () => {
  const receiving = entryWord(1, 1, THREADS) + ENTRY_SIGNALLED;
  const alter: Alter = (words) => ({
    ...words,
    // As if the receiver had not looked since the first signal.
    read: (index) =>
      index === receiving && words.load(OWN_WORDS) !== 0
        ? 1
        : words.read(index),
    store(index, value) {
      if (index === receiving) words.store(OWN_WORDS, 1);
      words.store(index, value);
    },
  });
  const threads = [sender(0, [1, 2, 3], true, alter), receiver(1, false)];
  const scenario = { ...queueOf(1, threads, 2), wordCount: OWN_WORDS + 1 };
  assert.throws(() => explore(scenario), /lost wake-up/);
});
