import assert from "node:assert/strict";
import { parIter, parRange } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

test("A sum is the same to the last bit with any number of workers", async () => {
  for (const length of [200, 20_003, 40_001]) {
    const data = Float64Array.from({ length }, (_, i) => Math.sin(i));
    const sums = new Set<number>();
    for (const workers of [1, 4, 2]) {
      await using runtime = await sharedRuntime(workers);
      const iter = () => parIter(data).map((x) => x / 3);
      for (let i = 0; i < 5; i++) sums.add(runtime.install(() => iter().sum()));
      sums.add(await iter().sumAsync());
    }
    const plain = data.reduce((sum, x) => sum + x / 3, 0);
    if (length <= 25_600) assert.deepEqual([...sums], [plain]);
    else {
      assert.equal(sums.size, 1);
      assert.ok(Math.abs([...sums][0] - plain) < 1e-9);
    }
  }
});

test("A sum of what is not always a number is the same alone, with help and awaited", async () => {
  await using runtime = await sharedRuntime(2);
  for (const length of [3, 200, 300, 2_000]) {
    for (
      const [fn, expected] of [
        [(n: number) => n % 200 === 2 ? undefined : n, NaN],
        [
          (n: number) => n === 0 ? -0 : n === 1 ? "a" : 0,
          `0a${"0".repeat(length - 2)}`,
        ],
        [(n: number) => n === 0 ? 1n : 2n, BigInt(2 * length - 1)],
      ] as const
    ) {
      const iter = () => parRange(0, length).map(fn as (n: number) => unknown);
      // The first ones have help.
      for (let i = 0; i < 20; i++) {
        assert.equal(runtime.install(() => iter().sum()), expected);
      }
      assert.equal(await iter().sumAsync(), expected);
    }
  }
});

test("Sums at the same time do not mix up their items", async () => {
  await using runtime = await sharedRuntime(2);
  const sums = await runtime.install(() =>
    Promise.all(
      Array.from({ length: 8 }, (_, k) =>
        parRange(0, 2_000).map((n, k) => n * k, k).sumAsync()),
    )
  );
  assert.deepEqual(sums, Array.from({ length: 8 }, (_, k) => 1_999_000 * k));
});
