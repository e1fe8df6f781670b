import { ok } from "node:assert/strict";
import { Rounds } from "../../lib/calls/rounds.ts";
import { Spin } from "../../lib/calls/spin.ts";
import { test } from "../support/test.ts";

/** Runs `body` while performance.now() stands still, as the fake clocks of tests do. */
async function withStandingClock(body: () => void | Promise<void>) {
  const { now } = performance;
  const frozen = performance.now();
  performance.now = () => frozen;
  try {
    await body();
  } finally {
    performance.now = now;
  }
}

test("Spin.again() ends although the clock stands still", async () => {
  await withStandingClock(() => {
    const spin = new Spin(50);
    spin.start(20);
    let rounds = 0;
    while (spin.again()) {
      if (++rounds > 1_000_000) throw new Error("it spins without end");
    }
    ok(rounds > 100);
  });
});

test("Rounds lets timers run although the clock stands still", async () => {
  await withStandingClock(async () => {
    let count = 0;
    let timerRan = false;
    await new Promise<void>((resolve, reject) => {
      const rounds: Rounds = new Rounds(() => {
        if (timerRan) return resolve();
        if (++count > 1_000_000) reject(new Error("no timer could run"));
        else rounds.next();
      });
      setTimeout(() => timerRan = true, 0);
      rounds.next();
    });
  });
});
