/**
 * Looks for a mistake that only some orders of calls show: two calls read a balance before either
 * has written it. Each seed of an inline runtime is another order, and the same one each time.
 *
 *     deno run -A examples/inline.ts
 *     bun examples/inline.ts
 *
 * @module
 */

import { currentRuntime } from "../mod.ts";
import { inlineRuntime } from "../lib/testing/mod.ts";

/** Adds to a balance, with a call between reading it and writing it. */
async function deposit(balance: Int32Array, amount: number): Promise<void> {
  const before = balance[0];
  const after = await currentRuntime().spawnCompute(
    (before: number, amount: number) => before + amount,
    before,
    amount,
  );
  balance[0] = after;
}

async function balanceAfter(seed: number): Promise<number> {
  await using runtime = await inlineRuntime({ seed });
  const balance = runtime.alloc(Int32Array, 1);
  await Promise.all(
    [1, 2].map((amount) => runtime.spawnCompute(deposit, balance, amount)),
  );
  return balance[0];
}

const seeds = Array.from({ length: 10 }, (_, seed) => seed);
for (const seed of seeds) {
  const balance = await balanceAfter(seed);
  console.log(
    `seed ${seed}: balance ${balance}${balance === 3 ? "" : ", lost!"}`,
  );
}
