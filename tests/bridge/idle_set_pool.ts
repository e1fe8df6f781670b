/**
 * A pool of workers and callers around the idle set, for tests of every interleaving.
 *
 * @module
 */

import assert from "node:assert/strict";
import { IdleSet } from "../../lib/bridge/idle_set.ts";
import { laneSlots } from "../../lib/bridge/layout.ts";
import { Parker } from "../../lib/bridge/parker.ts";
import { NOTHING, Ring } from "../../lib/bridge/ring.ts";
import type { Words } from "../../lib/bridge/words.ts";
import type {
  End,
  Scenario,
  Self,
  SimulatedThread,
} from "../support/interleave/scenario.ts";
const CAPACITY = 2;
const LANE_WORDS = laneSlots(CAPACITY);

/** Words of the pool after those of the lanes. */
export interface Place {
  readonly lanes: number;
  readonly workers: number;
  /** Workers know only lane 0 until callers announce theirs, as with Control.useLane(). */
  readonly announces?: boolean;
  /** By lane: the only worker that takes its calls, as with a direct ring. */
  readonly servedBy?: readonly (number | undefined)[];
  /** Workers that take no calls of lane 0, that of the main thread. */
  readonly full?: readonly number[];
}

/** The words of one lane, with indices from 0. */
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

/** Steps of the protocol, which tests can leave out; lib/worker/worker_loop.ts does all. */
export interface Habits {
  /** Checks for a call again after it counts as asleep. */
  readonly looksAgain: boolean;
  /** The last searcher wakes another worker when there is more to do. */
  readonly wakesNext: boolean;
  /** The last searcher also wakes one when there is news, such as a new lane. */
  readonly wakesForNews: boolean;
  /** A caller pushes before it checks for sleepers. */
  readonly pushesFirst: boolean;
  /** A caller wakes the worker that its call is for, not just any. */
  readonly wakesThread: boolean;
  /** A full worker that sleeps wakes another one for calls that it leaves. */
  readonly leavesNoneAsleep: boolean;
  /** So does one that takes a call, and is the last searcher. */
  readonly leavesNoneBusy: boolean;
  /** The words as the idle set gets them. */
  readonly alter: (words: Words) => Words;
}

export const GOOD: Habits = {
  looksAgain: true,
  wakesNext: true,
  wakesForNews: true,
  pushesFirst: true,
  wakesThread: true,
  leavesNoneAsleep: true,
  leavesNoneBusy: true,
  alter: (words) => words,
};

/** One thread's view of the pool. Thread numbers are those of the workers. */
export class Pool {
  readonly #place: Place;
  readonly rings: readonly Ring[];
  readonly idle: IdleSet;
  readonly parkers: readonly Parker[];
  readonly habits: Habits;
  readonly #words: Words;
  readonly #newsWord: number;
  #news = 0;

  constructor(words: Words, place: Place, habits: Habits, isMain = false) {
    const { lanes, workers } = place;
    this.#place = place;
    const start = lanes * LANE_WORDS;
    const each = (index: number) =>
      Array.from({ length: workers }, (_, thread) => index + thread);
    this.rings = Array.from(
      { length: lanes },
      (_, lane) => new Ring(laneWords(words, lane), CAPACITY),
    );
    this.parkers = each(start + 2).map((index) => new Parker(words, index));
    this.idle = new IdleSet(
      habits.alter(words),
      {
        counts: start,
        sleepers: start + 1,
        states: each(start + 2 + workers),
        full: start + 3 + 2 * workers,
      },
      this.parkers,
      workers,
      isMain,
    );
    this.habits = habits;
    this.#words = words;
    this.#newsWord = start + 2 + 2 * workers;
  }

  static wordCount({ lanes, workers }: Place): number {
    return lanes * LANE_WORDS + 4 + 2 * workers;
  }

  static prepare(words: Words, { lanes }: Place): void {
    for (let lane = 0; lane < lanes; lane++) {
      new Ring(laneWords(words, lane), CAPACITY).initialize();
    }
  }

  /** Like Submissions.start() and startPlanned(). */
  submit(lane: number, slot: number): void {
    if (this.#announces && lane > 0) this.#words.add(this.#newsWord, 1);
    const worker = this.#place.servedBy?.[lane];
    if (worker !== undefined && this.habits.wakesThread) {
      if (!this.habits.pushesFirst) this.idle.wakeThread(worker);
      this.rings[lane].push(slot, 1);
      if (this.habits.pushesFirst) this.idle.wakeThread(worker);
    } else if (this.habits.pushesFirst) {
      this.rings[lane].push(slot, 1);
      if (this.idle.needsWake()) this.idle.wakeOne();
    } else {
      const wakes = this.idle.needsWake();
      this.rings[lane].push(slot, 1);
      if (wakes) this.idle.wakeOne();
    }
  }

  tryTake(thread: number): number {
    this.#news = this.#currentNews();
    for (const ring of this.#ringsOf(thread)) {
      const stamp = ring.tryTake();
      if (stamp !== NOTHING) return stamp;
    }
    return NOTHING;
  }

  hasNews(): boolean {
    return this.#currentNews() !== this.#news;
  }

  hasCalls(thread: number): boolean {
    return this.#ringsOf(thread).some((ring) => ring.hasWork());
  }

  get #announces(): boolean {
    return this.#place.announces === true;
  }

  #currentNews(): number {
    return this.#announces ? this.#words.load(this.#newsWord) : 0;
  }

  /** Whether a full worker leaves a call to others. */
  leavesCalls(thread: number): boolean {
    return this.#place.full?.includes(thread) === true &&
      this.rings[0].hasWork();
  }

  /** The rings that this worker knows and takes calls from. */
  #ringsOf(thread: number): readonly Ring[] {
    const { servedBy, full } = this.#place;
    if (full?.includes(thread) === true) return this.rings.slice(1);
    const known = this.#announces
      ? this.rings.slice(0, 1 + this.#news)
      : this.rings;
    return servedBy === undefined
      ? known
      : known.filter((_, lane) =>
        servedBy[lane] === undefined || servedBy[lane] === thread
      );
  }
}

/** Serves like WorkerLoop until it has taken `calls` calls; the last one never finishes. */
export function serve(
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
    const stamp = pool.tryTake(thread);
    if (stamp !== NOTHING) {
      if (searching) {
        searching = false;
        const last = idle.endSearch(thread) && habits.wakesNext;
        if (
          last &&
          ((habits.wakesForNews && pool.hasNews()) || pool.hasCalls(thread))
        ) idle.wakeOne();
        else if (
          last && habits.leavesNoneBusy && pool.leavesCalls(thread)
        ) idle.wakeOne(true);
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
    if (!habits.looksAgain || (!pool.hasNews() && !pool.hasCalls(thread))) {
      if (
        habits.leavesNoneAsleep && pool.leavesCalls(thread) &&
        idle.needsWake()
      ) idle.wakeOne(true);
      parkers[thread].park();
    }
    awake();
  }
}

export interface PoolScenario extends Place {
  /** For each caller, how many calls it makes; caller i uses lane i. */
  readonly callers: readonly number[];
  /** For each worker, how many calls it takes; the last one never finishes. */
  readonly takes: readonly number[];
  /** Workers from this one on are asleep at the start. */
  readonly asleepFrom?: number;
  readonly habits?: Habits;
  readonly preemptions?: number;
}

export function scenario(given: PoolScenario): Scenario {
  const { callers, takes, habits = GOOD, asleepFrom = takes.length } = given;
  return {
    wordCount: Pool.wordCount(given),
    prepare(words) {
      Pool.prepare(words, given);
      const pool = new Pool(words, given, GOOD);
      for (let thread = asleepFrom; thread < takes.length; thread++) {
        pool.idle.startSearch(thread);
        pool.idle.sleep(thread);
        pool.idle.setFull(thread, given.full?.includes(thread) === true);
        // The word of its parker is EMPTY: its thread starts with park().
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
          const pool = new Pool(words, given, habits, lane === 0);
          pool.rings[lane].resume();
          for (let slot = 0; slot < count; slot++) pool.submit(lane, slot);
        },
      })),
    ],
    mayStayParked: true,
    preemptions: given.preemptions,
    check: (end) => checkAllTaken(end, given),
  };
}

/** While a worker sleeps, no call that it may take waits. */
function checkAllTaken(end: End, given: PoolScenario): void {
  const { takes } = given;
  const pool = new Pool(end.words, { ...given, announces: false }, GOOD);
  takes.forEach((calls, thread) => {
    if (end.notes[thread].length === calls) return;
    assert.ok(!pool.hasCalls(thread), "a call waits while workers sleep");
  });
  assert.ok(end.parked.slice(takes.length).every((parked) => !parked));
}
