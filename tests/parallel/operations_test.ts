import assert from "node:assert/strict";
import fc from "fast-check";
import type { LoomRuntime, NumericArray } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  anyArray,
  arrayOf,
  assertSame,
  CLASSES,
  EDGES,
  LARGE,
  largeArray,
} from "./arrays.ts";
import { type Case, CASES } from "./operations.ts";

/** Every class and every edge at least once; fast-check runs these cases first. */
const EXAMPLES = Array.from(
  { length: Math.max(CLASSES.length, EDGES.length) },
  (_, i) => [i % CLASSES.length, EDGES[i % EDGES.length]] as const,
);
const RANDOM_RUNS = sized(3, 8);
const WORKERS = sized([3], [1, 2, 4]);

async function check(
  runtime: LoomRuntime,
  { now, later, plain }: Case,
  array: NumericArray,
): Promise<void> {
  const expected = plain(array);
  assertSame(runtime.install(() => now(array)), expected);
  assertSame(await later(array), expected);
}

for (const workers of WORKERS) {
  // Starting workers takes longer than most operations, so tests share a runtime.
  let built: Promise<LoomRuntime> | undefined;
  const shared = () => built ??= unpinned(workers).build();

  Object.entries(CASES).forEach(([name, operation], offset) => {
    const title =
      `${name} gives the result of a plain array, ${workers} workers`;
    stressTest(title, async () => {
      const runtime = await shared();
      await fc.assert(
        fc.asyncProperty(anyArray, async (array) => {
          await check(runtime, operation, array);
        }),
        {
          seed: seedFor(title),
          numRuns: EXAMPLES.length + RANDOM_RUNS,
          // Operations and numbers of workers differ in which class is at which edge.
          examples: EXAMPLES.map(([index, length]) => [
            arrayOf(
              CLASSES[(index + offset + workers) % CLASSES.length],
              length,
              [3, -50, 50, 7, 0],
            ),
          ]),
        },
      );
    });
  });

  for (const [name, operation] of Object.entries(CASES)) {
    const most = operation.isSlow ? LARGE.slow : LARGE.most;
    const title =
      `${name} gives the result of a plain array, up to ${most} items, ${workers} workers`;
    stressTest(title, async () => {
      const runtime = await shared();
      await fc.assert(
        fc.asyncProperty(largeArray(most), async (array) => {
          await check(runtime, operation, array);
        }),
        { seed: seedFor(title), numRuns: 1, endOnFailure: true },
      );
    });
  }

  stressTest(
    `A runtime is idle after all operations, ${workers} workers`,
    async () => {
      const runtime = await shared();
      assert.ok(runtime.isIdle());
      await runtime.blockUntilIdle();
    },
  );
}

test("assertSame() detects every difference between two arrays", () => {
  const one = [[1, Uint8Array.of(1)], "a"];
  assertSame(structuredClone(one), one);
  for (
    const other of [
      [[1, Uint8Array.of(2)], "a"],
      [[1, Int8Array.of(1)], "a"],
      [[1, Uint8Array.of(1, 0)], "a"],
      [[2, Uint8Array.of(1)], "a"],
      [[1, Uint8Array.of(1)], "a", undefined],
      [[1, [1]], "a"],
      [1, "a"],
    ]
  ) {
    assert.throws(() => assertSame(other, one));
    assert.throws(() => assertSame(one, other));
  }
});
