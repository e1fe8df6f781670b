import assert from "node:assert/strict";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

test("A promise whose own then() calls back twice settles its call once", async () => {
  await using runtime = await sharedRuntime(1);
  const twice = (): Promise<number> => {
    const promise = Promise.resolve(1);
    promise.then = (done: unknown) => {
      (done as (n: number) => void)(2);
      (done as (n: number) => void)(3);
      return promise as never;
    };
    return promise;
  };
  // As `await` does, the promise's value counts, not what its own then() passes on.
  assert.equal(await runtime.spawnCompute(twice), 1);
  assert.equal(await runtime.spawnCompute((n: number) => n, 5), 5);
  assert.equal(await runtime.spawnCompute((n: number) => n, 6), 6);
});

test("A thenable that calls back twice, late, settles its call once", async () => {
  await using runtime = await sharedRuntime(1);
  const late = (): Promise<number> => {
    const thenable = {
      then(done: (n: number) => void, fail: (error: unknown) => void) {
        done(1);
        setTimeout(() => {
          done(2);
          fail(new Error("late"));
        });
      },
    };
    return thenable as unknown as Promise<number>;
  };
  assert.equal(await runtime.spawnCompute(late), 1);
  const numbers = Array.from({ length: 50 }, (_, n) => n);
  const answers = [];
  for (const n of numbers) {
    answers.push(await runtime.spawnCompute((n: number) => n, n));
  }
  assert.deepEqual(answers, numbers);
});
