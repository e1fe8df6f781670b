import assert from "node:assert/strict";
import { parIter, parRange, shared, spawnCompute } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import {
  type Program,
  randomProgram,
  runNested,
  runPlain,
} from "./random_programs.ts";

const sharedRuntime = runtimeOfFile();

const PROGRAMS = sized(20, 10_000);
/** How many of them run at the same time. */
const AT_ONCE = sized(20, 50);
const OUTER_ITEMS = sized(10, 500);

for (const workers of [1, 3]) {
  const on = `${workers} worker${workers === 1 ? "" : "s"}`;

  stressTest(
    `A loop in a task in a loop in a call completes, ${on}`,
    async () => {
      await using runtime = await sharedRuntime(workers);
      const total = await runtime.spawnCompute(
        (n: number) =>
          parRange(0, n).map((i: number) => {
            const data = shared(Float64Array.from({ length: 100 }, () => i));
            return parIter(data).map((x) =>
              parRange(0, 3).map((k: number, x: number) => x + k, x).sum()
            )
              .sum();
          }).sum(),
        OUTER_ITEMS,
      );
      // 100 times 3 i + 3, for each i.
      const n = OUTER_ITEMS;
      assert.equal(total, 100 * (3 * n * (n - 1) / 2 + 3 * n));
    },
  );

  test(`Nested calls that await loops all complete, ${on}`, async () => {
    await using runtime = await unpinned(workers).computePoolSize(1).build();
    const call = async (depth: number): Promise<number> => {
      if (depth === 0) return await parRange(0, 300).countAsync();
      const calls = [0, 1].map(() =>
        runtime.spawnCompute(
          async function descend(depth: number): Promise<number> {
            const here = parRange(0, 50).map((i: number) =>
              parRange(0, i).count()
            ).sum();
            if (depth === 0) return here;
            return here + await spawnCompute(descend, depth - 1) +
              await parRange(0, 300).countAsync();
          },
          depth,
        )
      );
      const [a, b] = await Promise.all(calls);
      assert.equal(a, b);
      return a;
    };
    assert.equal(await call(8), 9 * 1_225 + 8 * 300);
  });

  stressTest(
    `${PROGRAMS} random nested programs give the results of plain loops, ${on}`,
    async () => {
      const seed = seedFor(`random nested programs, ${on}`);
      await using runtime = await sharedRuntime(workers);
      const run = (program: Program): Promise<number> | number => {
        switch (program.start) {
          case "here":
            return runtime.install(() => runNested(program));
          case "call":
            return runtime.spawnCompute(runNested, program);
          case "awaited":
            return parRange(0, 4).map(runNested, program).sumAsync()
              .then((sum) => sum / 4);
        }
      };
      for (let first = 0; first < PROGRAMS; first += AT_ONCE) {
        const programs = Array.from(
          { length: AT_ONCE },
          (_, i) => randomProgram(seed + first + i),
        );
        const results = await Promise.all(programs.map(run));
        programs.forEach((program, i) => {
          const label = `program ${first + i}: ${JSON.stringify(program)}`;
          assert.equal(results[i], runPlain(program), label);
        });
      }
    },
  );
}
