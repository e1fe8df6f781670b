import assert from "node:assert/strict";
import { HelpCost } from "../../lib/jobs/help_cost.ts";
import { LoopTimes } from "../../lib/jobs/loop_times.ts";
import { test } from "../support/test.ts";

const HELPERS = 1;
/** A loop that takes so long alone is worth help that costs 10 µs, and not help that costs 60. */
const SHORT_MS = 0.09;
const CHEAP_MS = SHORT_MS / 2 + 0.01;
const DEAR_MS = SHORT_MS / 2 + 0.06;
/** One that says more about its items. */
const LONG_MS = 1;

/** What one thread has learned, and one loop of it. */
class Learned {
  readonly cost = new HelpCost();
  readonly times = new LoopTimes();

  isWorth(aloneMs: number): boolean {
    return this.cost.isWorth(this.times, aloneMs, HELPERS, "no");
  }

  learn(loops: number, aloneMs: number, ms: number): void {
    for (let i = 0; i < loops; i++) {
      this.cost.learn(this.times, aloneMs, HELPERS, ms);
    }
  }

  /** How many loops run alone before one asks for help. */
  loopsAlone(aloneMs: number): number {
    let loops = 0;
    while (!this.isWorth(aloneMs) && loops < 1000) loops++;
    return loops;
  }
}

test("A loop asks for help if that is cheap, and one that is too short never does", () => {
  const learned = new Learned();
  learned.learn(20, SHORT_MS, CHEAP_MS);
  assert.ok(learned.isWorth(SHORT_MS));
  assert.ok(!learned.isWorth(0.01));
  const { cost, times } = learned;
  assert.ok(!cost.isWorth(times, SHORT_MS, 0, "yes"), "nobody can help");
});

test("A few loops with dear help do not end it, many do, and it comes back", () => {
  const learned = new Learned();
  learned.learn(20, SHORT_MS, CHEAP_MS);
  learned.learn(3, SHORT_MS, DEAR_MS);
  assert.ok(learned.isWorth(SHORT_MS), "a pause of the machine");
  learned.learn(100, SHORT_MS, DEAR_MS);
  assert.ok(!learned.isWorth(SHORT_MS), "the machine is busy");
  assert.ok(learned.loopsAlone(SHORT_MS) < 1000, "it is never tried again");
});

test("A loop that help makes slower runs alone, mostly, and others have help", () => {
  const learned = new Learned();
  learned.learn(3, LONG_MS, 1.8 * LONG_MS);
  assert.ok(learned.isWorth(LONG_MS), "a worker that slept");
  learned.learn(1, LONG_MS, 0.6 * LONG_MS);
  learned.learn(3, LONG_MS, 1.8 * LONG_MS);
  assert.ok(learned.isWorth(LONG_MS));
  learned.learn(1, LONG_MS, 1.8 * LONG_MS);
  // Four loops took 3.2 ms longer than alone.
  assert.equal(learned.loopsAlone(LONG_MS), 64);
  assert.ok(learned.cost.isWorth(new LoopTimes(), LONG_MS, HELPERS, "no"));
});
