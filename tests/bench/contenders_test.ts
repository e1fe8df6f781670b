/**
 * Runs every pool that benchmarks measure, in a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { poolContenders } from "../../bench/contenders/list.ts";
import { HERE, runProgram } from "../support/program.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { STRESS } from "../support/stress.ts";
import { skip, stressTest, test } from "../support/test.ts";

/**
 * Settings that bench/contenders/ avoids because the pool does not run with them. A test fails
 * when one of them starts to run.
 */
const DOES_NOT_RUN: Readonly<Record<RuntimeName, readonly string[]>> = {
  Deno: [],
  Bun: ["workerpool with threads"],
};

for (const { name, missing } of poolContenders(() => Promise.resolve())) {
  const title = `Two workers of ${name} do the work and give the right results`;
  const absent = missing?.();
  if (absent !== undefined) skip(title, absent);
  else if (name === "loom") test(title, () => answersRightly(name));
  // The adapters of other pools rarely change, and each takes seconds.
  else if (STRESS) stressTest(title, () => answersRightly(name));
}

// The program waits for seconds, so this is for stress runs only.
for (const setting of STRESS ? DOES_NOT_RUN[HERE] : []) {
  stressTest(`${setting} does not run on ${HERE}`, async () => {
    const end = await runProgram("contender_waits.ts", [setting]);
    assert.equal(end.stdout, "silent\n", end.stderr);
  });
}

async function answersRightly(name: string) {
  const end = await runProgram("contender_answers.ts", [name]);
  assert.deepEqual([end.code, end.signal], [0, null], end.stderr);
  assert.deepEqual(JSON.parse(end.stdout), { threads: 2 });
}
