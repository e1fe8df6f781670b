import assert from "node:assert/strict";
import { Idle } from "../../lib/bridge/idle.ts";
import { LANE_CLAIMED, laneSlots } from "../../lib/bridge/layout.ts";
import { Parker } from "../../lib/bridge/parker.ts";
import { NOTHING, Ring } from "../../lib/bridge/ring.ts";
import type { Words } from "../../lib/bridge/words.ts";
import { explore, exploreAll } from "../support/interleave/explore.ts";
import type {
  End,
  Scenario,
  Self,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
import { test } from "../support/test.ts";

const CAPACITY = 2;
const LANE_WORDS = laneSlots(CAPACITY);

/** Words of the pool after those of the lanes. */
interface Place {
  readonly lanes: number;
  readonly workers: number;
  /** Workers know lane 0 alone until callers announce theirs, as with Control.useLane(). */
  readonly announces?: boolean;
}

/** A lane's words, as if they began at 0. */
function laneWords(words: Words, lane: number): Words {
  const at = (index: number) => index + lane * LANE_WORDS;
  return {
    ...words,
    load: (index) => words.load(at(index)),
    store: (index, value) => words.store(at(index), value),
    compareExchange: (index, expected, value) =>
      words.compareExchange(at(index), expected, value),
  };
}

/** How the worker protocol is followed; all true is how lib/worker/loop.ts does it. */
interface Habits {
  /** Looks for a call once more after it said that it sleeps. */
  readonly looksAgain: boolean;
  /** The last searcher wakes another worker when there is more to do. */
  readonly wakesNext: boolean;
  /** The last searcher also wakes one when there is news: a lane that it does not know. */
  readonly wakesForNews: boolean;
  /** A caller pushes before it asks who sleeps. */
  readonly pushesFirst: boolean;
  /** The words as the idle set gets them. */
  readonly alter: (words: Words) => Words;
}

const GOOD: Habits = {
  looksAgain: true,
  wakesNext: true,
  wakesForNews: true,
  pushesFirst: true,
  alter: (words) => words,
};

/** One thread's view of the pool. Thread numbers are those of the workers. */
class Pool {
  readonly rings: readonly Ring[];
  readonly idle: Idle;
  readonly parkers: readonly Parker[];
  readonly habits: Habits;
  readonly #words: Words;
  readonly #newsWord: number;
  readonly #announces: boolean;
  #news = 0;

  constructor(words: Words, place: Place, habits: Habits) {
    const { lanes, workers } = place;
    const start = lanes * LANE_WORDS;
    const each = (index: number) =>
      Array.from({ length: workers }, (_, thread) => index + thread);
    this.rings = Array.from(
      { length: lanes },
      (_, lane) => new Ring(laneWords(words, lane), CAPACITY),
    );
    this.parkers = each(start + 2).map((index) => new Parker(words, index));
    this.idle = new Idle(
      habits.alter(words),
      { counts: start, sleepers: start + 1, states: each(start + 2 + workers) },
      this.parkers,
      workers,
    );
    this.habits = habits;
    this.#words = words;
    this.#newsWord = start + 2 + 2 * workers;
    this.#announces = place.announces === true;
  }

  static wordCount({ lanes, workers }: Place): number {
    return lanes * LANE_WORDS + 3 + 2 * workers;
  }

  static prepare(words: Words, { lanes }: Place): void {
    for (let lane = 0; lane < lanes; lane++) {
      Ring.initialize(laneWords(words, lane));
    }
  }

  /** What Caller.#start() does. */
  submit(lane: number, slot: number): void {
    if (this.#announces && lane > 0) this.#words.add(this.#newsWord, 1);
    if (this.habits.pushesFirst) {
      this.rings[lane].push(slot, 1);
      if (this.idle.needsWake()) this.idle.wakeOne();
    } else {
      const wakes = this.idle.needsWake();
      this.rings[lane].push(slot, 1);
      if (wakes) this.idle.wakeOne();
    }
  }

  tryTake(): number {
    this.#news = this.#currentNews();
    for (const ring of this.#knownRings()) {
      const stamp = ring.tryTake();
      if (stamp !== NOTHING) return stamp;
    }
    return NOTHING;
  }

  hasNews(): boolean {
    return this.#currentNews() !== this.#news;
  }

  hasCalls(): boolean {
    return this.#knownRings().some((ring) => ring.hasWork());
  }

  #currentNews(): number {
    return this.#announces ? this.#words.load(this.#newsWord) : 0;
  }

  #knownRings(): readonly Ring[] {
    return this.#announces ? this.rings.slice(0, 1 + this.#news) : this.rings;
  }
}

/** What Loop does, until it has taken `calls` calls; the last one never ends. */
function serve(
  pool: Pool,
  thread: number,
  calls: number,
  self: Self,
  asleep = false,
): void {
  const { idle, parkers, habits } = pool;
  let searching = false;
  const awake = () => {
    idle.awake(thread);
    searching = true;
  };
  if (asleep) {
    parkers[thread].park();
    awake();
  }
  for (let taken = 0; taken < calls;) {
    const stamp = pool.tryTake();
    if (stamp !== NOTHING) {
      if (searching) {
        searching = false;
        const last = idle.endSearch(thread) && habits.wakesNext;
        if (
          last && ((habits.wakesForNews && pool.hasNews()) || pool.hasCalls())
        ) idle.wakeOne();
      }
      self.note(stamp);
      taken++;
      continue;
    }
    if (!searching) {
      searching = true;
      idle.startSearch(thread);
      // Spins for one round.
      continue;
    }
    idle.sleep(thread);
    searching = false;
    if (!habits.looksAgain || (!pool.hasNews() && !pool.hasCalls())) {
      parkers[thread].park();
    }
    awake();
  }
}

interface PoolScenario extends Place {
  /** For each caller, how many calls it makes; caller i uses lane i. */
  readonly callers: readonly number[];
  /** For each worker, how many calls it takes before one keeps it for ever. */
  readonly takes: readonly number[];
  /** Workers from this one on sleep when it begins. */
  readonly asleepFrom?: number;
  readonly habits?: Habits;
  readonly preemptions?: number;
}

function scenario(given: PoolScenario): Scenario {
  const { callers, takes, habits = GOOD, asleepFrom = takes.length } = given;
  const made = callers.reduce((sum, count) => sum + count, 0);
  return {
    wordCount: Pool.wordCount(given),
    prepare(words) {
      Pool.prepare(words, given);
      const pool = new Pool(words, given, GOOD);
      for (let thread = asleepFrom; thread < takes.length; thread++) {
        pool.idle.startSearch(thread);
        pool.idle.sleep(thread);
        // The word of its parker stays EMPTY: park() goes on from there.
      }
    },
    threads: [
      ...takes.map((calls, thread): SimulatedThread => ({
        run: (words, self) =>
          serve(
            new Pool(words, given, habits),
            thread,
            calls,
            self,
            thread >= asleepFrom,
          ),
      })),
      ...callers.map((count, lane): SimulatedThread => ({
        run(words) {
          const pool = new Pool(words, given, habits);
          pool.rings[lane].resume();
          for (let slot = 0; slot < count; slot++) pool.submit(lane, slot);
        },
      })),
    ],
    mayStayParked: true,
    preemptions: given.preemptions,
    check: (end) => checkAllTaken(end, given, made),
  };
}

/** While a worker sleeps, no call may wait. */
function checkAllTaken(end: End, given: PoolScenario, made: number): void {
  const { takes, lanes } = given;
  const taken = end.notes.flat().length;
  const room = takes.reduce((sum, count) => sum + count, 0);
  assert.equal(taken, Math.min(made, room), "a call waits while workers sleep");
  assert.ok(end.parked.slice(takes.length).every((parked) => !parked));
  for (let lane = 0; lane < lanes; lane++) {
    assert.ok(laneWords(end.words, lane).load(LANE_CLAIMED) >= 1);
  }
}

test("a lone worker takes every call of one caller", () => {
  exploreAll(
    "one worker",
    scenario({ lanes: 1, workers: 1, callers: [2], takes: [3] }),
    1000,
  );
});

test("a lone worker takes every call of two callers", () => {
  exploreAll(
    "two callers",
    scenario({
      lanes: 2,
      workers: 1,
      callers: [1, 1],
      takes: [3],
      preemptions: 4,
    }),
    1000,
  );
});

test("two workers take two calls of which neither ends", () => {
  exploreAll(
    "two workers",
    scenario({
      lanes: 1,
      workers: 2,
      callers: [2],
      takes: [1, 1],
      preemptions: 4,
    }),
    1000,
  );
});

test("a sleeping worker takes the second call while the first keeps the other worker", () => {
  exploreAll(
    "one asleep",
    scenario({
      lanes: 1,
      workers: 2,
      callers: [2],
      takes: [1, 1],
      asleepFrom: 1,
    }),
    1000,
  );
});

test("two sleeping workers take the calls of two callers, of which neither ends", () => {
  exploreAll(
    "two asleep, two callers",
    scenario({
      lanes: 2,
      workers: 2,
      callers: [1, 1],
      takes: [1, 1],
      asleepFrom: 0,
    }),
    1000,
  );
});

test("a call is taken although a caller stops while it wakes the worker of another call", () => {
  exploreAll(
    "one asleep, two callers",
    scenario({
      lanes: 2,
      workers: 2,
      callers: [1, 1],
      takes: [1, 1],
      asleepFrom: 1,
      preemptions: 3,
    }),
    1000,
  );
});

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

test("a call on a lane that no worker knew before is taken", () => {
  exploreAll("first use", scenario(FIRST_USE), 1000);
});

test("a pool whose last searcher looks only at lanes it knows leaves a call waiting", () => {
  assert.throws(
    () =>
      explore(scenario({
        ...FIRST_USE,
        habits: { ...GOOD, wakesForNews: false },
      })),
    /a call waits while workers sleep/,
  );
});

/** Worker 0 may end wherever code of tasks can run; its successor serves. */
test("a worker that ends while it sleeps or searches leaves the pool in order", () => {
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
          if (!pool.hasCalls()) {
            self.mayEndHere();
            parkers[0].park();
          }
          idle.awake(0);
          self.mayEndHere();
          if (idle.endSearch(0) && pool.hasCalls()) idle.wakeOne();
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
    preemptions: 3,
    check({ notes, parked }) {
      // When the first worker still sleeps nobody has needed it.
      const workers = parked[0] ? 1 : 2;
      assert.ok(notes.flat().length >= workers, "a call waits");
    },
  }, 1000);
});

for (
  const [what, habits] of [
    ["sleeps without looking again", { looksAgain: false }],
    ["does not wake the next worker", { wakesNext: false }],
    ["asks who sleeps before it pushes", { pushesFirst: false }],
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
          preemptions: 3,
        })),
      /a call waits while workers sleep/,
    );
  });
}
