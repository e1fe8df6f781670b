/**
 * Keeps the one worker of a runtime busy for a while and prints how many calls have ended.
 *
 *     replica.ts MS SETTINGS_AS_JSON
 *
 * @module
 */

import { LoomBuilder } from "../../mod.ts";
import { LOOM_ARGS, OWN_ARGS } from "../harness/command_line.ts";
import { compute, ROUNDS } from "./compute.ts";

const AT_ONCE = 2;

const [ms, settings] = OWN_ARGS;
const { pinThreads, reserve } = JSON.parse(settings);
await using runtime = await new LoomBuilder().computeThreads(1)
  .pinThreads(pinThreads).reserve(reserve).withCliArgs(LOOM_ARGS).build();
const end = performance.now() + Number(ms);
let count = 0;
await Promise.all(Array.from({ length: AT_ONCE }, async () => {
  while (performance.now() < end) {
    await runtime.spawnCompute(compute, ROUNDS);
    count++;
  }
}));
console.log(count);
