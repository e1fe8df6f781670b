import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";

const LISTS = sized(40, 2000);

async function traces(runtime: RuntimeName, seed: number): Promise<string[]> {
  const { code, stdout, stderr } = await runProgram("inline_traces.ts", [
    `${seed}`,
    `${LISTS}`,
  ], { runtime });
  assert.deepEqual([code, stderr], [0, ""]);
  return stdout.trim().split("\n");
}

stressTest(
  "random calls have the same trace for a seed on Deno and Bun",
  async () => {
    const seed = seedFor("inline_traces_test");
    const [deno, bun] = await Promise.all([
      traces("Deno", seed),
      traces("Bun", seed),
    ]);
    assert.equal(deno.length, LISTS);
    for (let i = 0; i < LISTS; i++) {
      assert.deepEqual(
        JSON.parse(deno[i]),
        JSON.parse(bun[i]),
        `seed ${seed}, list ${i}: ${deno[i]}`,
      );
    }
  },
);
