import assert from "node:assert/strict";
import { parRange } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** Two results of this size do not fit into the store of a job, which has 64 MiB. */
const RESULT_BYTES = 40 * 2 ** 20;

test("A loop whose results do not fit into its memory rejects with a RangeError", async () => {
  await using runtime = await unpinned(1).build();
  const large = () =>
    parRange(0, 3).map((_, bytes) => new Uint8Array(bytes), RESULT_BYTES)
      .toArrayAsync();
  await assert.rejects(runtime.install(large), {
    name: "RangeError",
    message: /results of a parallel loop: they take more than 64 MiB/,
  });
  // The next loop is not affected.
  const small = () => parRange(0, 3).map((n) => [n]).toArrayAsync();
  assert.deepEqual(await runtime.install(small), [[0], [1], [2]]);
});

test("An error that cannot be sent from a stage arrives with its message", async () => {
  await using runtime = await unpinned(1).build();
  const failing = () =>
    parRange(0, 3).map((n) => {
      throw Object.assign(new RangeError(`item ${n}`), { retry: () => {} });
    }).toArrayAsync();
  await assert.rejects(runtime.install(failing), {
    name: "RangeError",
    message: "item 0",
  });
});

test("An error whose getters throw ends the loop", async () => {
  await using runtime = await unpinned(1).build();
  const failing = () =>
    parRange(0, 3).map(() => {
      const error = new ReferenceError();
      Object.defineProperty(error, "message", {
        get: () => {
          throw new TypeError("no message");
        },
      });
      throw error;
    }).toArrayAsync();
  await assert.rejects(runtime.install(failing), {
    message: /Cannot send what the task threw/,
  });
});
