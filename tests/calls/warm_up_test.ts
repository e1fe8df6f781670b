import assert from "node:assert/strict";
import { Rounds } from "../../lib/calls/rounds.ts";
import { WarmUp } from "../../lib/calls/warm_up.ts";
import { test } from "../support/test.ts";

/** Far more rounds than those in which a thread pauses. */
const ROUNDS = 10_000;

test("A thread pauses for the compilers in some of its first rounds", async () => {
  const { wait } = Atomics;
  const pausedIn: number[] = [];
  try {
    let round = 0;
    Object.assign(Atomics, { wait: () => pausedIn.push(round) });
    await new Promise<void>((resolve) => {
      const warmUp = new WarmUp();
      const rounds: Rounds = new Rounds(() => {
        if (++round === ROUNDS) resolve();
        else rounds.next();
      }, () => warmUp.look());
      rounds.next();
    });
  } finally {
    Object.assign(Atomics, { wait });
  }
  assert.ok(pausedIn.length > 4 && pausedIn.length < 40, `${pausedIn}`);
  assert.ok(pausedIn.at(-1)! < ROUNDS / 2, `${pausedIn}`);
});
