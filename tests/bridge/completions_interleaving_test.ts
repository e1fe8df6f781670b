import assert from "node:assert/strict";
import { Completions } from "../../lib/bridge/completions.ts";
import {
  LANE_DONE,
  laneSlots,
  SLOT_LINK,
  SLOT_META,
  SLOT_WORDS,
} from "../../lib/bridge/layout.ts";
import { Parker } from "../../lib/bridge/parker.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  End,
  Scenario,
  Self,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const CAPACITY = 2;
const SLOTS = laneSlots(CAPACITY);
/** Not part of a lane: the owner's parker, and which ticket each slot has. */
const PARK = SLOTS + CAPACITY * SLOT_WORDS;
const TICKET = PARK + 1;
const WORD_COUNT = TICKET + CAPACITY;

/** Recorded in addition to stamps. */
const ARMED = -1;
const UNPARKED = -2;

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

function stampOf(ticket: number, slot: number): number {
  return ticket * CAPACITY + slot;
}

function complete(
  words: Words,
  self: Self,
  completions: Completions,
  stamp: number,
): void {
  // The push publishes this: the owner must see it.
  words.write(SLOTS + (stamp % CAPACITY) * SLOT_WORDS + SLOT_META, stamp);
  if (!completions.push(stamp)) return;
  self.note(UNPARKED);
  new Parker(words, PARK).unpark();
}

/** Completes the calls of one slot, each after the owner has reused the slot. */
function worker(slot: number, calls: number, alter: Alter): SimulatedThread {
  return {
    run(words, self) {
      const completions = new Completions(alter(words), SLOTS, CAPACITY);
      for (let ticket = 1; ticket <= calls; ticket++) {
        for (
          let now = words.load(TICKET + slot);
          now < ticket;
          now = words.load(TICKET + slot)
        ) words.wait(TICKET + slot, now);
        complete(words, self, completions, stampOf(ticket, slot));
      }
    },
  };
}

/** Drains and records the stamps it finds; true when there was one. */
function drain(
  words: Words,
  self: Self,
  completions: Completions,
  calls: number,
): boolean {
  const order = new Int32Array(CAPACITY);
  const count = completions.drainInto(order);
  for (let i = count - 1; i >= 0; i--) {
    const slot = order[i];
    const stamp = words.read(SLOTS + slot * SLOT_WORDS + SLOT_META);
    self.note(stamp);
    const ticket = Math.floor(stamp / CAPACITY) + 1;
    if (ticket > calls) continue;
    words.store(TICKET + slot, ticket);
    words.notify(TICKET + slot);
  }
  return count > 0;
}

interface OwnerHabits {
  /** Calls of each slot. */
  readonly calls: number;
  readonly alter: Alter;
  /** Disarms once before it sleeps, as after a new call. */
  readonly disarmsOnce?: boolean;
}

/** Drains until `total` calls were completed, asleep in between. */
function owner(total: number, habits: OwnerHabits): SimulatedThread["run"] {
  return (words, self) => {
    const { calls, alter } = habits;
    const completions = new Completions(alter(words), SLOTS, CAPACITY);
    const parker = new Parker(words, PARK);
    let disarms = habits.disarmsOnce === true;
    completions.resume();
    const seen: number[] = [];
    const record = { ...self, note: (stamp: number) => seen.push(stamp) };
    while (seen.length < total) {
      if (drain(words, record, completions, calls)) continue;
      if (!completions.tryArm()) continue;
      if (disarms) {
        disarms = false;
        completions.disarm();
        self.note(ARMED);
        continue;
      }
      self.note(ARMED);
      parker.park();
    }
    seen.forEach(self.note);
  };
}

function checkOnce({ notes }: End, expected: number[], neverDisarms: boolean) {
  const drained = notes[0].filter((note) => note >= 0);
  assert.deepEqual(
    drained.toSorted((a, b) => a - b),
    expected.toSorted((a, b) => a - b),
  );
  for (let slot = 0; slot < CAPACITY; slot++) {
    const ofSlot = drained.filter((stamp) => stamp % CAPACITY === slot);
    assert.deepEqual(ofSlot, ofSlot.toSorted((a, b) => a - b));
  }
  const count = (kind: number) =>
    notes.flat().filter((note) => note === kind).length;
  if (neverDisarms) assert.equal(count(UNPARKED), count(ARMED));
  else assert.ok(count(UNPARKED) <= count(ARMED));
}

/** Slot 0 has `first` calls, one after the other, slot 1 has `second`. */
function lane(
  first: number,
  second: number,
  alter: Alter = unaltered,
  disarmsOnce = false,
): Scenario {
  const calls = [first, second];
  const expected = calls.flatMap((count, slot) =>
    Array.from({ length: count }, (_, i) => stampOf(i + 1, slot))
  );
  const habits = { calls: Math.max(first, second), alter, disarmsOnce };
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      words.store(TICKET, 1);
      words.store(TICKET + 1, 1);
    },
    threads: [
      { run: owner(first + second, habits) },
      ...calls.map((count, slot) => worker(slot, count, alter)),
    ],
    check: (end) => checkOnce(end, expected, !disarmsOnce),
  };
}

test("Completions.drainInto() returns each completion of two workers once, and each sleep gets one unpark", () => {
  exploreAll("two workers", lane(1, 1), 1000);
});

test("Completions.drainInto() returns every completion of one slot that is reused", () => {
  exploreAll("one slot", lane(3, 0), 20);
});

stressTest(
  "Completions.drainInto() returns every completion while one of two slots is reused",
  () => {
    exploreAll(
      "two slots",
      { ...lane(2, 1), preemptions: sized(2, 4) },
      sized(1000, 10_000),
    );
  },
);

stressTest("Completions.disarm() loses no completion", () => {
  exploreAll("disarm", {
    ...lane(1, 1, unaltered, true),
    preemptions: sized(2, Infinity),
  }, sized(100, 1000));
});

stressTest(
  "Completions.resume() continues wherever the previous owner ended",
  () => {
    const total = 2;
    exploreAll("successor", {
      ...lane(1, 1),
      threads: [
        {
          // Records how many it drained: those calls are finished when it ends.
          run(words, self) {
            const completions = new Completions(words, SLOTS, CAPACITY);
            const order = new Int32Array(CAPACITY);
            const parker = new Parker(words, PARK);
            completions.resume();
            for (let seen = 0; seen < total;) {
              const count = completions.drainInto(order);
              if (count > 0) self.note(count);
              seen += count;
              if (count === 0 && completions.tryArm()) parker.park();
            }
          },
          mayEnd: true,
        },
        {
          after: 0,
          run(words, self) {
            const completions = new Completions(words, SLOTS, CAPACITY);
            completions.resume();
            const order = new Int32Array(CAPACITY);
            const parker = new Parker(words, PARK);
            for (let i = 0; i < 2; i++) {
              const count = completions.drainInto(order);
              self.note(count);
              for (let j = 0; j < count; j++) self.note(order[j]);
              if (count === 0 && completions.tryArm()) parker.park();
            }
          },
        },
        worker(0, 1, unaltered),
        worker(1, 1, unaltered),
      ],
      mayStayParked: true,
      preemptions: sized(2, 4),
      check({ notes, words }) {
        // A third owner finds the rest: each completion is drained exactly once.
        const completions = new Completions(words, SLOTS, CAPACITY);
        completions.resume();
        const rest = completions.drainInto(new Int32Array(CAPACITY));
        const [before, after] = [0, 1].map((i) => countsOf(i, notes[i]));
        assert.equal(before + after + rest, total);
      },
    }, 1000);
  },
);

function countsOf(thread: number, notes: readonly number[]): number {
  if (thread === 0) return notes.reduce((sum, count) => sum + count, 0);
  let sum = 0;
  for (let i = 0; i < notes.length; i += 1 + notes[i]) sum += notes[i];
  return sum;
}

const link = (slot: number) => SLOTS + slot * SLOT_WORDS + SLOT_LINK;

for (
  const [what, alter] of [
    [
      "push without comparing",
      (words) => ({
        ...words,
        compareExchange(index, expected, value) {
          // Only pushes store a positive value that is not the one expected before.
          if (value < 0 || expected < 0) {
            return words.compareExchange(index, expected, value);
          }
          words.store(index, value);
          return expected;
        },
      }),
    ],
    [
      "link a slot after the push",
      (words) => {
        const later: [number, number][] = [];
        return {
          ...words,
          write(index, value) {
            if (index === link(0) || index === link(1)) {
              later.push([index, value]);
            } else words.write(index, value);
          },
          compareExchange(index, expected, value) {
            const old = words.compareExchange(index, expected, value);
            for (const [i, v] of later.splice(0)) words.write(i, v);
            return old;
          },
        };
      },
    ],
    [
      "arm without checking for a completion",
      (words) => ({
        ...words,
        compareExchange(index, expected, value) {
          if (index !== LANE_DONE || value >= 0) {
            return words.compareExchange(index, expected, value);
          }
          words.or(index, 1 << 31);
          return expected;
        },
      }),
    ],
    [
      "leave the owner armed after a push",
      (words) => ({
        ...words,
        compareExchange: (index, expected, value) =>
          words.compareExchange(
            index,
            expected,
            expected < 0 ? value | (1 << 31) : value,
          ),
      }),
    ],
  ] as [string, Alter][]
) {
  test(`the checker detects Completions that ${what}`, () => {
    assert.throws(
      () => explore(lane(1, 1, alter)),
      /check of the end failed|lost wake-up|threw|never ends/,
    );
  });
}
