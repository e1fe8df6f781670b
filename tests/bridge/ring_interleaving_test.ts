import assert from "node:assert/strict";
import {
  DIRECT_RINGS,
  ENTRY_WORDS,
  LANE_CLAIMED,
  LANE_RING,
  laneBytes,
  NORMAL_RING,
  type RingPlace,
  ringPlace,
} from "../../lib/bridge/layout.ts";
import { NOTHING, Ring, TakenCall } from "../../lib/bridge/ring.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  End,
  Scenario,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const CAPACITY = 2;
/** Not part of a lane: for each slot, whether a call holds it. */
const HELD = laneBytes(CAPACITY, 1) / 4;
const WORD_COUNT = HELD + CAPACITY;
/** The largest ticket that fits into a stamp; the low bits of the next one are 0. */
const LAST_TICKET = 2 ** 30 - 1;

/** Of a quick run; each broken Ring below is detected with as many. */
const PREEMPTIONS = 2;

const NORMAL = ringPlace(NORMAL_RING, CAPACITY);
const DIRECT = ringPlace(DIRECT_RINGS, CAPACITY);

type Alter = (words: Words) => Words;
const unaltered: Alter = (words) => words;

/** Pushes up to `calls` calls, as long as a slot is free, and records their stamps. */
function owner(
  calls: number,
  alter: Alter,
  place: RingPlace = NORMAL,
): SimulatedThread["run"] {
  return (words, self) => {
    const ring = new Ring(alter(words), CAPACITY, undefined, place);
    ring.resume();
    for (let i = 0; i < calls; i++) {
      const slot = i % CAPACITY;
      if (words.load(HELD + slot) !== 0) return;
      words.write(HELD + slot, i + 1);
      self.note(ring.push(slot, i + 1));
    }
  };
}

/** Tries `times` times to take a call; records its stamp and completes it. */
function worker(
  times: number,
  alter: Alter,
  place: RingPlace = NORMAL,
): SimulatedThread["run"] {
  return (words, self) => {
    const call = new TakenCall();
    const ring = new Ring(alter(words), CAPACITY, call, place);
    for (let i = 0; i < times; i++) {
      const stamp = ring.tryTake();
      if (stamp === NOTHING) continue;
      self.note(stamp);
      // META belongs to the same call as the stamp, even if the entry was reused.
      assert.equal(call.meta, words.load(HELD + stamp % CAPACITY));
      words.store(HELD + stamp % CAPACITY, 0);
    }
  };
}

/** Takes the remaining calls and checks that each push was taken once, and in order. */
function checkTaken(
  { notes, words }: End,
  owners: number,
  alter: Alter,
  place: RingPlace = NORMAL,
): void {
  const pushed = notes.slice(0, owners).flat();
  const ring = new Ring(alter(words), CAPACITY, undefined, place);
  const rest: number[] = [];
  for (let s = ring.tryTake(); s !== NOTHING; s = ring.tryTake()) rest.push(s);
  const index = (stamp: number) => pushed.indexOf(stamp);
  for (const taken of [...notes.slice(owners), rest]) {
    assert.deepEqual(taken.map(index), taken.map(index).toSorted(byNumber));
  }
  const taken = [...notes.slice(owners).flat(), ...rest];
  assert.deepEqual(taken.toSorted(byNumber), pushed.toSorted(byNumber));
  assert.equal(new Set(pushed).size, pushed.length);
  // The remaining calls are newer than all that were taken.
  assert.ok(rest.every((s) => index(s) >= taken.length - rest.length));
}

function byNumber(a: number, b: number): number {
  return a - b;
}

function lane(
  calls: number,
  takes: readonly number[],
  firstTicket = 1,
  alter: Alter = unaltered,
  place: RingPlace = NORMAL,
): Scenario {
  return {
    wordCount: WORD_COUNT,
    prepare(words) {
      new Ring(words, CAPACITY, undefined, place).initialize();
      words.store(place.claimed, firstTicket);
    },
    threads: [
      { run: owner(calls, alter, place) },
      ...takes.map((times) => ({ run: worker(times, alter, place) })),
    ],
    check: (end) => checkTaken(end, 1, alter, place),
  };
}

stressTest(
  "Ring.tryTake() gives each call to one of two workers, in order, over two laps",
  () => {
    exploreAll("two workers", {
      ...lane(4, [2, 2]),
      preemptions: sized(PREEMPTIONS, Infinity),
    }, sized(100, 1000));
  },
);

stressTest(
  "Ring.tryTake() gives each call to one worker, in order, over three laps",
  () => {
    exploreAll("one worker", {
      ...lane(6, [8]),
      preemptions: sized(PREEMPTIONS, Infinity),
    }, sized(100, 1000));
  },
);

stressTest(
  "A direct ring gives each call to its worker, in order, over three laps",
  () => {
    exploreAll("direct", {
      ...lane(6, [8], undefined, undefined, DIRECT),
      preemptions: sized(PREEMPTIONS, Infinity),
    }, sized(100, 1000));
  },
);

stressTest("Ring works when the low bits of its tickets wrap around", () => {
  exploreAll("low bits", {
    ...lane(4, [2, 2], LAST_TICKET - 1),
    preemptions: sized(PREEMPTIONS, Infinity),
  }, sized(100, 1000));
});

stressTest("Ring works when its tickets become negative", () => {
  exploreAll("sign", {
    ...lane(4, [2, 2], 2 ** 31 - 2),
    preemptions: sized(PREEMPTIONS, Infinity),
  }, sized(100, 1000));
});

test("Ring.resume() continues wherever the previous owner ended", () => {
  exploreAll("successor", {
    ...lane(0, []),
    threads: [
      { run: owner(3, unaltered), mayEnd: true },
      { run: owner(3, unaltered), after: 0 },
      { run: worker(3, unaltered) },
    ],
    check: (end) => checkTaken(end, 2, unaltered),
  }, 1000);
});

test("Ring.hasWork() is true until a worker has taken the call", () => {
  exploreAll("hasWork", {
    ...lane(0, []),
    threads: [
      { run: worker(2, unaltered) },
      {
        run(words, self) {
          const ring = new Ring(words, CAPACITY);
          ring.resume();
          ring.push(0, 0);
          ring.push(1, 0);
          self.note(Number(ring.hasWork()));
          self.note(words.load(LANE_CLAIMED));
        },
      },
    ],
    check({ notes }) {
      const [hadWork, claimedLater] = notes[1];
      if (hadWork === 0) assert.equal(claimedLater, 3);
    },
  }, 5);
});

for (
  const [what, alter] of [
    [
      "claims without comparing",
      (words) => ({
        ...words,
        compareExchange(index, expected, value) {
          words.store(index, value);
          return expected;
        },
      }),
    ],
    [
      "reads the entry after the claim",
      (words) => {
        let ticket = 0;
        return {
          ...words,
          load(index) {
            // Checks the entry only after the claim.
            if (index !== LANE_CLAIMED) return words.load(index);
            return ticket = words.load(index);
          },
          compareExchange(index, expected, value) {
            const old = words.compareExchange(index, expected, value);
            if (old !== expected) return old;
            const stamp = words.load(
              LANE_RING + (ticket % CAPACITY) * ENTRY_WORDS,
            );
            assert.equal(stamp >>> 1, ticket, "the entry was reused");
            return old;
          },
        };
      },
    ],
    [
      "does not load CLAIMED again before it returns NOTHING",
      (words) => {
        let claimed: number | undefined;
        return {
          ...words,
          load(index) {
            if (index !== LANE_CLAIMED) return words.load(index);
            if (claimed === undefined) return claimed = words.load(index);
            const again = claimed;
            claimed = undefined;
            return again;
          },
          compareExchange(index, expected, value) {
            claimed = undefined;
            return words.compareExchange(index, expected, value);
          },
        };
      },
    ],
  ] as [string, Alter][]
) {
  test(`the checker detects a Ring that ${what}`, () => {
    assert.throws(() => {
      explore({ ...lane(4, [2, 2], 1, alter), preemptions: PREEMPTIONS });
      explore({ ...promptTake(alter), preemptions: PREEMPTIONS });
    }, /check of the end failed|threw/);
  });
}

/** A worker must find a call while there is one, whatever another worker takes. */
function promptTake(alter: Alter): Scenario {
  return {
    ...lane(0, []),
    prepare(words) {
      new Ring(words, CAPACITY).initialize();
      const ring = new Ring(words, CAPACITY);
      ring.resume();
      ring.push(0, 1);
      ring.push(1, 1);
      words.store(HELD, 1);
      words.store(HELD + 1, 1);
    },
    threads: [
      {
        // Takes one call, then pushes one for the next lap: there is always a call.
        run(words, self) {
          const ring = new Ring(words, CAPACITY);
          ring.resume();
          self.note(ring.tryTake());
          ring.push(0, 1);
        },
      },
      { run: worker(1, alter) },
    ],
    check({ notes }) {
      assert.equal(notes[1].length, 1, "a worker found nothing");
    },
  };
}

test("Ring.tryTake() finds a call when there is always one", () => {
  exploreAll("never empty", promptTake(unaltered), 5);
});
