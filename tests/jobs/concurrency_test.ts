import assert from "node:assert/strict";
import { join, scope } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Ends only if another thread runs it at the same time. */
const meet = (arrived: Int32Array) => {
  Atomics.add(arrived, 0, 1);
  while (Atomics.load(arrived, 0) < 2);
  return "met";
};

test("join() runs its second call on a worker while the first one runs", async () => {
  await using runtime = await sharedRuntime(1);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const results = runtime.install(() => join([meet, arrived], [meet, arrived]));
  assert.deepEqual(results, ["met", "met"]);
});

test("scope() runs a spawned call on a worker while its body runs", async () => {
  await using runtime = await sharedRuntime(1);
  const arrived = new Int32Array(new SharedArrayBuffer(4));
  const spawned = runtime.install(() =>
    scope((s) => {
      const spawned = s.spawn(meet, arrived);
      meet(arrived);
      return spawned;
    })
  );
  assert.equal(spawned.value, "met");
});
