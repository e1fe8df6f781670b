/**
 * Decides where the calls of each function run: on the thread of the caller, or on a worker.
 *
 * @module
 */

import { age, ARM_FLOATS, countOf, isKnown, observe, sample } from "./arm.ts";
import type { Normals } from "./normals.ts";
import type {
  AdaptiveHint,
  AdaptiveReason,
  AdaptiveSettings,
} from "./settings.ts";

/** Where a call runs. */
export type Decision = typeof SEND | typeof RUN | typeof RUN_TIMED;
/** On a worker. */
export const SEND = 0;
/** On this thread. */
export const RUN = 1;
/** On this thread, and the policy is to be told how long it took. */
export const RUN_TIMED = 2;

/** What is known of a function. */
export interface FunctionDecisions {
  /** The number of the function. */
  readonly task: number;
  /** How many of its calls have run on the thread of the caller. */
  readonly inline: number;
  /** How many were sent. */
  readonly sent: number;
  /** How long it is expected to run, in microseconds; 0 if nothing is known. */
  readonly expectedUs: number;
  /** Why the last call ran where it did. */
  readonly why: AdaptiveReason;
}

const REASONS: readonly AdaptiveReason[] = [
  "first",
  "hint",
  "cost",
  "slow",
  "pressure",
  "strikes",
  "workers only",
];
const FIRST = 0;
const HINT = 1;
const COST = 2;
const SLOW = 3;
const PRESSURE = 4;
const STRIKES_WHY = 5;
const WORKERS_ONLY = 6;

// A function, in float64 values.
//   name       meaning
//   INLINE     arm: what runs on this thread cost
//   SENT       arm: what calls cost that were sent
//   EXPECTED   how long it runs, in microseconds; 0: nothing is known, not even a hint
//   SEEN       how many times of it are known, up to FEW
//   STRIKES    strikes, which decay
//   IS_STRUCK  1 while they keep it from this thread
//   TO_SEND    calls to send because of a hint
//   UNTIMED    runs to come that are not timed
//   RUNS       runs on this thread
//   SENDS      calls that were sent
//   WHY        index in REASONS
const INLINE = 0;
const SENT = ARM_FLOATS;
const EXPECTED = 2 * ARM_FLOATS;
const SEEN = EXPECTED + 1;
const STRIKES = EXPECTED + 2;
const IS_STRUCK = EXPECTED + 3;
const TO_SEND = EXPECTED + 4;
const UNTIMED = EXPECTED + 5;
const RUNS = EXPECTED + 6;
const SENDS = EXPECTED + 7;
const WHY = EXPECTED + 8;
const FLOATS = EXPECTED + 9;

/** Of so many first times the shortest counts: the engine compiles the function meanwhile. */
const FEW = 3;
/**
 * A longer time counts as one of this many times what was expected, and a little more: one pause
 * of the garbage collector must not make a function slow. If it is slow, the next times say so.
 */
const MOST_GROWTH = 16;
const LEAST_LIMIT_US = 50;
/** The spread of what sending a function may cost that was never sent. */
const GUESS_SPREAD = 0.5;
/** How much the time on a worker says of the time on this thread. */
const WORKER_WEIGHT = 0.5;
/** A function that is shorter is not timed each time: reading the clock takes as long. */
const SHORT_US = 2;
/** So many of its runs are not timed after one that is. */
const UNTIMED_RUNS = 3;
/** All calls are watched until so many were sent; then one in WATCH_EVERY. */
const WATCHED_FIRST = 16;
const WATCH_EVERY = 8;
/** The part of one observation in the cost of sending. */
const SEND_PART = 0.05;

/**
 * Chooses by Thompson sampling: for each way it draws a cost from what is known of it, and takes
 * the way whose cost is lower. So the cheaper way is taken more often the better it is known,
 * and the other one often enough to notice that it has become cheaper. Guard rails come first.
 */
export class AdaptivePolicy {
  /** What sending a call costs if nobody else sends any, in microseconds. */
  sendUs: number;
  readonly #settings: AdaptiveSettings;
  readonly #normals: Normals;
  #floats = new Float64Array(64 * FLOATS);
  #untilWatch = 0;

  constructor(settings: AdaptiveSettings, normals: Normals) {
    this.#settings = settings;
    this.#normals = normals;
    this.sendUs = settings.sendUs;
  }

  /**
   * Decides where a call runs, and counts it.
   *
   * @param task The number of its function.
   * @param pressure How many others wait for this thread, weighted.
   */
  choose(
    task: number,
    pressure: number,
    hint: AdaptiveHint | undefined,
  ): Decision {
    const at = task * FLOATS;
    if (at >= this.#floats.length) this.#grow(at);
    const floats = this.#floats;
    if (floats[at + UNTIMED] > 0) {
      floats[at + UNTIMED]--;
      floats[at + RUNS]++;
      return RUN;
    }
    if (hint !== undefined && floats[at + EXPECTED] === 0) this.#take(hint, at);
    const why = this.#obstacle(at, pressure);
    floats[at + WHY] = why;
    const runs = why === FIRST ||
      (why === COST && this.#isCheaper(at, pressure));
    floats[at + (runs ? RUNS : SENDS)]++;
    return runs ? RUN_TIMED : SEND;
  }

  /** Counts a call that had to be sent because its function cannot run on this thread. */
  countSent(task: number): void {
    const at = task * FLOATS;
    if (at >= this.#floats.length) this.#grow(at);
    this.#floats[at + SENDS]++;
    this.#floats[at + WHY] = WORKERS_ONLY;
  }

  /** The call that was to run on this thread is sent after all. */
  sentInstead(task: number): void {
    const at = task * FLOATS;
    this.#floats[at + RUNS]--;
    this.#floats[at + SENDS]++;
  }

  /** A function has run on this thread for so long. */
  ran(task: number, us: number): void {
    const at = task * FLOATS;
    const floats = this.#floats;
    const { decay } = this.#settings;
    observe(floats, at + INLINE, us, 1, decay);
    age(floats, at + SENT, decay);
    const isCompiled = floats[at + SEEN] === FEW;
    this.#expect(at, us);
    if (isCompiled) this.#strike(at, us);
    const isShort = us < SHORT_US && floats[at + EXPECTED] < SHORT_US;
    if (isShort && countOf(floats, at + INLINE) >= WATCHED_FIRST) {
      floats[at + UNTIMED] = UNTIMED_RUNS;
    }
  }

  /** Whether {@linkcode AdaptivePolicy.sent} is to follow for a call that is sent now. */
  watches(task: number): boolean {
    const at = task * FLOATS;
    return this.#floats[at + SENDS] <= WATCHED_FIRST ||
      this.#untilWatch-- <= 0 && this.#watchAgain();
  }

  /**
   * A call that was sent has ended.
   *
   * By Little's law, the time of a call divided by the calls in flight is the time from one
   * result to the next: what the call has cost all that wait, with the workers taken into
   * account. It is the whole time if the caller makes one call after the other.
   *
   * @param us From the call to its outcome.
   * @param inFlight Calls of this thread in flight when it was made, this one included.
   * @param runUs How long the function ran on its worker; undefined if that is unknown.
   */
  sent(
    task: number,
    us: number,
    inFlight: number,
    runUs: number | undefined,
  ): void {
    const at = task * FLOATS;
    const floats = this.#floats;
    const { decay } = this.#settings;
    observe(floats, at + SENT, us / inFlight, 1, decay);
    const ranUs = runUs ?? (inFlight === 1 ? us : undefined);
    if (ranUs === undefined) {
      age(floats, at + INLINE, decay);
      this.#forgive(at, this.#callsPerWatch(at));
      return;
    }
    observe(floats, at + INLINE, ranUs, WORKER_WEIGHT, decay);
    this.#expect(at, ranUs);
    if (ranUs <= this.#settings.strikeUs) {
      this.#forgive(at, this.#callsPerWatch(at));
    }
    if (inFlight === 1 && runUs !== undefined && us > runUs) {
      this.sendUs *= ((us - runUs) / this.sendUs) ** SEND_PART;
    }
  }

  /** What is known of each function that was called. */
  *decisions(): Iterable<FunctionDecisions> {
    const floats = this.#floats;
    for (let at = 0, task = 0; at < floats.length; at += FLOATS, task++) {
      const inline = floats[at + RUNS];
      const sent = floats[at + SENDS];
      if (inline + sent === 0) continue;
      const expectedUs = floats[at + EXPECTED];
      yield { task, inline, sent, expectedUs, why: REASONS[floats[at + WHY]] };
    }
  }

  /** Why the function may not run on this thread; else FIRST or COST. */
  #obstacle(at: number, pressure: number): number {
    const floats = this.#floats;
    const settings = this.#settings;
    const expectedUs = floats[at + EXPECTED];
    if (floats[at + TO_SEND] > 0) {
      floats[at + TO_SEND]--;
      return HINT;
    }
    if (expectedUs > settings.maxInlineUs) return SLOW;
    if (
      pressure >= settings.highPressure &&
      expectedUs > settings.maxInlineUnderPressureUs
    ) return PRESSURE;
    if (floats[at + IS_STRUCK] === 1) return STRIKES_WHY;
    return expectedUs === 0 ? FIRST : COST;
  }

  /** Draws a cost for each way, and compares them. */
  #isCheaper(at: number, pressure: number): boolean {
    const floats = this.#floats;
    const normals = this.#normals;
    const factor = 1 + this.#settings.pressureCost * pressure;
    const inline = isKnown(floats, at + INLINE)
      ? sample(floats, at + INLINE, normals.next())
      : Math.log(floats[at + EXPECTED]);
    const sent = isKnown(floats, at + SENT)
      ? sample(floats, at + SENT, normals.next())
      : Math.log(this.sendUs + floats[at + EXPECTED]) +
        GUESS_SPREAD * normals.next();
    return inline + Math.log(factor) < sent;
  }

  #take(hint: AdaptiveHint, at: number): void {
    const { quickUs, slowUs, slowCalls, maxInlineUs } = this.#settings;
    const us = hint === "quick" ? quickUs : hint === "slow" ? slowUs : hint;
    this.#floats[at + EXPECTED] = us;
    if (hint === "slow" || us > maxInlineUs) {
      this.#floats[at + TO_SEND] = slowCalls;
    }
  }

  /** Learns how long the function runs. */
  #expect(at: number, us: number): void {
    const floats = this.#floats;
    const seen = floats[at + SEEN];
    const before = floats[at + EXPECTED];
    // Never 0, which means that nothing is known.
    const now = Math.max(us, Number.MIN_VALUE);
    if (seen === 0) floats[at + EXPECTED] = now;
    else if (seen < FEW) floats[at + EXPECTED] = Math.min(before, now);
    else {
      const limited = Math.min(now, before * MOST_GROWTH + LEAST_LIMIT_US);
      floats[at + EXPECTED] += this.#settings.smoothing * (limited - before);
    }
    if (seen < FEW) floats[at + SEEN]++;
  }

  #strike(at: number, us: number): void {
    const floats = this.#floats;
    const { strikeUs, maxStrikes } = this.#settings;
    if (us <= strikeUs) return this.#forgive(at, 1);
    floats[at + STRIKES] = Math.min(floats[at + STRIKES] + 1, 2 * maxStrikes);
    if (floats[at + STRIKES] >= maxStrikes) floats[at + IS_STRUCK] = 1;
  }

  /** For how many calls that were sent one stands that was watched. */
  #callsPerWatch(at: number): number {
    return this.#floats[at + SENDS] <= WATCHED_FIRST ? 1 : WATCH_EVERY;
  }

  /** So many runs were short enough. When half of what strikes take is left, runs may be here. */
  #forgive(at: number, runs: number): void {
    const floats = this.#floats;
    const { maxStrikes, strikeDecay } = this.#settings;
    if (floats[at + STRIKES] === 0) return;
    floats[at + STRIKES] *= strikeDecay ** runs;
    if (floats[at + STRIKES] < maxStrikes / 2) floats[at + IS_STRUCK] = 0;
  }

  #watchAgain(): boolean {
    this.#untilWatch = WATCH_EVERY - 1;
    return true;
  }

  #grow(at: number): void {
    const larger = new Float64Array(
      Math.max(this.#floats.length * 2, at + FLOATS),
    );
    larger.set(this.#floats);
    this.#floats = larger;
  }
}
