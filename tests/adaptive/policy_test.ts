import assert from "node:assert/strict";
import { Normals } from "../../lib/adaptive/normals.ts";
import { AdaptivePolicy, RUN_TIMED, SEND } from "../../lib/adaptive/policy.ts";
import {
  ADAPTIVE_DEFAULTS,
  type AdaptiveHint,
  type AdaptiveSettings,
} from "../../lib/adaptive/settings.ts";
import { test } from "../support/test.ts";

const TASK = 3;
const SEEDS = Array.from({ length: 20 }, (_, i) => i * 7919 + 1);

/** A function whose calls are made one after the other, on a machine that is not there. */
class Simulation {
  readonly policy: AdaptivePolicy;
  pressure = 0;
  hint: AdaptiveHint | undefined;
  /** What sending costs here. */
  sendUs = 15;
  /** Calls of this thread in flight while it sends. */
  inFlight = 1;
  workers = 1;

  constructor(seed: number, settings: Partial<AdaptiveSettings> = {}) {
    this.policy = new AdaptivePolicy(
      { ...ADAPTIVE_DEFAULTS, ...settings },
      new Normals(seed),
    );
  }

  /** Makes calls that run for `us`; returns for each whether it was sent. */
  calls(count: number, us: number): boolean[] {
    return Array.from({ length: count }, () => {
      const decision = this.policy.choose(TASK, this.pressure, this.hint);
      if (decision === RUN_TIMED) this.policy.ran(TASK, us);
      else if (decision === SEND && this.policy.watches(TASK)) {
        const sharing = Math.min(this.workers, this.inFlight);
        const wallUs = this.sendUs + us * this.inFlight / sharing;
        this.policy.sent(TASK, wallUs, this.inFlight, us);
      }
      return decision === SEND;
    });
  }

  get why(): string {
    return [...this.policy.decisions()][0].why;
  }
}

function count(sent: readonly boolean[]): number {
  return sent.filter(Boolean).length;
}

test("A quick function runs on the thread of its caller after 10 calls, for every seed", () => {
  for (const seed of SEEDS) {
    const calls = new Simulation(seed);
    // The engine compiles it meanwhile.
    calls.calls(1, 3_000);
    calls.calls(1, 80);
    calls.calls(8, 2);
    // Now and then one is sent to see whether that has become cheaper.
    assert.ok(count(calls.calls(200, 2)) <= 2, `seed ${seed}`);
  }
});

test("A slow function is sent after 20 calls, for every seed and hint", () => {
  for (const hint of [undefined, "quick", "slow", 1, 5_000] as const) {
    for (const seed of SEEDS) {
      const calls = new Simulation(seed);
      calls.hint = hint;
      calls.calls(20, 1_500);
      assert.equal(count(calls.calls(200, 1_500)), 200, `seed ${seed}`);
    }
  }
});

test("A hint decides the first call, and the calls after it correct a wrong hint", () => {
  for (const [hint, sends] of [["quick", false], ["slow", true]] as const) {
    const calls = new Simulation(1);
    calls.hint = hint;
    assert.equal(calls.calls(1, 1)[0], sends);
    calls.calls(20, 1);
    assert.equal(count(calls.calls(50, 1)), 0);
  }
  const slow = new Simulation(1);
  slow.hint = 251;
  slow.calls(1, 251);
  assert.equal(slow.why, "hint");
});

test("A function above maxInlineUs is always sent", () => {
  for (const [us, sends] of [[240, false], [260, true]] as const) {
    // Sending is so dear that the cost alone would never do it.
    const calls = new Simulation(1, { sendUs: 1e6 });
    calls.sendUs = 1e6;
    calls.calls(3, us);
    assert.equal(count(calls.calls(30, us)), sends ? 30 : 0);
    assert.equal(calls.why, sends ? "slow" : "cost");
  }
});

test("Under pressure, the limit is maxInlineUnderPressureUs", () => {
  for (
    const [us, pressure, sends] of [
      [90, 3, false],
      [110, 2.9, false],
      [110, 3, true],
    ] as const
  ) {
    const calls = new Simulation(1, { sendUs: 1e6 });
    calls.sendUs = 1e6;
    calls.pressure = pressure;
    calls.calls(3, us);
    assert.equal(count(calls.calls(30, us)), sends ? 30 : 0);
    assert.equal(calls.why, sends ? "pressure" : "cost");
  }
});

test("Two strikes keep a function away for a while, one does not", () => {
  for (
    const [strikes, settings] of [
      [1, {}],
      [2, {}],
      [2, { maxStrikes: Infinity }],
    ] as const
  ) {
    const calls = new Simulation(1, settings);
    calls.calls(50, 10);
    // The limit of what one time counts hides it from the expected time.
    for (let i = 0; i < strikes; i++) calls.policy.ran(TASK, 1_001);
    const sent = calls.calls(1_000, 10);
    const isStruck = strikes === 2 && !("maxStrikes" in settings);
    const first = count(sent.slice(0, 90));
    // Now and then one is sent to see whether that has become cheaper.
    assert.ok(isStruck ? first === 90 : first <= 5, `${first}`);
    assert.ok(count(sent.slice(-100)) <= 5);
  }
});

test("A function that becomes slow is sent, and comes back when it is quick again", () => {
  for (const seed of SEEDS) {
    for (const slowUs of [600, 5_000]) {
      const calls = new Simulation(seed);
      calls.calls(5_000, 5);
      const here = 15 - count(calls.calls(15, slowUs));
      assert.ok(here <= 8, `seed ${seed}: ${here} long runs of ${slowUs} µs`);
      assert.equal(count(calls.calls(500, slowUs)), 500);
      calls.calls(4_000, 5);
      assert.ok(count(calls.calls(100, 5)) <= 5, `seed ${seed}`);
    }
  }
});

test("A function too quick to be timed each time is noticed soon once it is slow", () => {
  for (const seed of SEEDS) {
    const calls = new Simulation(seed);
    calls.calls(500, 0.5);
    const ran = 200 - count(calls.calls(200, 20_000));
    assert.ok(ran <= 12, `seed ${seed}: ${ran} runs`);
  }
});

test("Between the limits, cost decides: with workers that share the calls, they are sent", () => {
  for (const seed of SEEDS) {
    const alone = new Simulation(seed);
    alone.calls(50, 60);
    assert.ok(count(alone.calls(200, 60)) < 40, `seed ${seed}: alone`);
    const shared = new Simulation(seed);
    Object.assign(shared, { inFlight: 16, workers: 4, pressure: 2 });
    shared.calls(50, 60);
    assert.ok(count(shared.calls(200, 60)) > 160, `seed ${seed}: shared`);
  }
});

test("The cost of sending is learned from the calls that were sent", () => {
  const calls = new Simulation(1);
  calls.sendUs = 40;
  calls.calls(1_000, 2_000);
  const { sendUs } = calls.policy;
  assert.ok(sendUs > 35 && sendUs < 45, `${sendUs}`);
});

test("The same seed gives the same normal numbers, whose mean is 0 and variance 1", () => {
  const [a, b] = [new Normals(5), new Normals(5)];
  const numbers = Array.from({ length: 4096 }, () => a.next());
  assert.deepEqual(numbers, numbers.map(() => b.next()));
  const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
  const square = numbers.reduce((sum, x) => sum + x * x, 0) / numbers.length;
  assert.ok(Math.abs(mean) < 0.05 && Math.abs(square - 1) < 0.05);
});
