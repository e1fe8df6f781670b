/**
 * Lets workers die at random steps while calls, loops and streams are in flight, and checks
 * that each operation settles once, with the right value or because a worker was lost.
 *
 *     deno run -A tests/faults/program.ts DEATHS SEED
 *
 * Prints a line of progress for every hundredth death, and a summary as JSON.
 *
 * @module
 */

import { readdirSync } from "node:fs";
import process from "node:process";
import { LoomBuilder } from "../../mod.ts";
import { DEATHS, OPERATIONS, WrongValueError } from "./operations.ts";

const WORKERS = 3;
/** Operations in flight; small arenas make them wait for room. */
const IN_FLIGHT = 24;
const MAX_PAYLOAD_BYTES = 1 << 20;
/** One operation in so many ends a worker. */
const DEATH_EVERY = 4;

/** What a run came to. */
export interface Summary {
  readonly started: number;
  /** Operations that settled, whichever way. */
  settled: number;
  right: number;
  /** Operations that failed because a worker was lost. */
  lost: number;
  /** Operations that settled again. */
  settledTwice: number;
  /** Wrong values and unexpected errors. */
  readonly problems: string[];
  deaths: number;
  threads: readonly [before: number, after: number];
  descriptors: readonly [before: number, after: number];
}

const [deaths, seed] = process.argv.slice(2).map(Number);
let state = seed | 0;

/** Xorshift: a number from 0 up to `below`. */
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

function pick<T>(choices: Readonly<Record<string, T>>): [string, T] {
  const entries = Object.entries(choices);
  return entries[random(entries.length)];
}

/** Whether a death explains this error; errors of scopes and streams hold it as cause. */
function isLoss(error: unknown): boolean {
  return error instanceof Error &&
    (error.name === "WorkerLostError" || isLoss(error.cause));
}

const count = (folder: string) => readdirSync(`/proc/self/${folder}`).length;

/** Without a settled operation for so long, the program says what is in flight. */
const STALL_MS = 60_000;

const runtime = await new LoomBuilder().prefix("faults").pinThreads(false)
  .computeThreads(WORKERS).maxPayloadBytes(MAX_PAYLOAD_BYTES).build();
// Every kind once, so that what is opened or started lazily is there.
for (const operation of Object.values(OPERATIONS)) await operation(runtime, 1);
const before = [count("task"), count("fd")];

let started = 0;
const summary: Summary = {
  get started() {
    return started;
  },
  settled: 0,
  right: 0,
  lost: 0,
  settledTwice: 0,
  problems: [],
  deaths: 0,
  threads: [0, 0],
  descriptors: [0, 0],
};

/** The operations in flight by number. */
const unsettled = new Map<number, string>();

// A hang must not end without a word on what hangs.
let settledBefore = -1;
setInterval(() => {
  if (summary.settled === settledBefore) {
    const names = [...unsettled].map(([n, name]) => `${n} ${name}`);
    console.error(`nothing settles; in flight: ${names.join(", ")}`);
  }
  settledBefore = summary.settled;
}, STALL_MS).unref();

async function runOne(): Promise<void> {
  const n = started++;
  const isDeath = random(DEATH_EVERY) === 0;
  const [name, operation] = pick(isDeath ? DEATHS : OPERATIONS);
  let settledCount = 0;
  unsettled.set(n, name);
  await operation(runtime, n).then(() => {
    if (isDeath) summary.problems.push(`${name} did not end its worker`);
    summary.right++;
  }, (error) => {
    if (error instanceof WrongValueError || !isLoss(error)) {
      summary.problems.push(`${name}: ${String(error)}`);
    }
    summary.lost++;
    if (isDeath) noteDeath();
  }).finally(() => {
    if (++settledCount > 1) summary.settledTwice++;
    unsettled.delete(n);
  });
  summary.settled++;
}

function noteDeath(): void {
  summary.deaths++;
  if (summary.deaths % 100 === 0) {
    console.log(`${summary.deaths} deaths, ${summary.settled} operations`);
  }
}

async function runMany(): Promise<void> {
  while (summary.deaths < deaths) {
    await runOne();
    // Now and then the main thread is busy, and looks late.
    if (random(50) === 0) {
      const end = performance.now() + random(20);
      while (performance.now() < end);
    }
  }
}

await Promise.all(Array.from({ length: IN_FLIGHT }, runMany));
// The last dead workers are replaced; then every kind of operation works.
for (const operation of Object.values(OPERATIONS)) {
  for (let attempt = 0;; attempt++) {
    try {
      await operation(runtime, 2);
      break;
    } catch (error) {
      if (!isLoss(error) || attempt === 10) throw error;
    }
  }
}
summary.threads = [before[0], count("task")];
summary.descriptors = [before[1], count("fd")];
await runtime.blockUntilIdle();
console.log(JSON.stringify(summary));
