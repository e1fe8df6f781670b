/**
 * Keeps the one worker of a runtime busy for a while and prints how many calls have ended.
 *
 *     replica.ts MS SETTINGS_AS_JSON
 *
 * @module
 */

import process from "node:process";
import { LoomBuilder } from "../../mod.ts";

const AT_ONCE = 2;
const ROUNDS = 3_000_000;

/** The same computation in each call: one that ended by the clock would hide a busy CPU. */
function compute(rounds: number): number {
  let sum = 0;
  for (let i = 0; i < rounds; i++) sum = (sum * 31 + i) | 0;
  return sum;
}

const [ms, settings] = process.argv.slice(2);
const { pinThreads, reserve } = JSON.parse(settings);
await using runtime = await new LoomBuilder().computeThreads(1)
  .pinThreads(pinThreads).reserve(reserve).build();
const end = performance.now() + Number(ms);
let count = 0;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  while (performance.now() < end) {
    await runtime.spawnCompute(compute, ROUNDS);
    count++;
  }
}));
console.log(count);
