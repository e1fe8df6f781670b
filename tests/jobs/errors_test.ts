import assert from "node:assert/strict";
import { parRange } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

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
