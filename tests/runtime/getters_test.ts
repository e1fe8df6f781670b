import assert from "node:assert/strict";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

test(
  "A getter of an argument may make a call that shares other memory",
  async () => {
    await using runtime = await sharedRuntime(2);
    const size = (value: { sab: SharedArrayBuffer }) => value.sab.byteLength;
    let inner: Promise<number> | undefined;
    const outer = runtime.spawnCompute(size, {
      get before() {
        inner = runtime.spawnCompute(size, { sab: new SharedArrayBuffer(16) });
        return 1;
      },
      sab: new SharedArrayBuffer(8),
    } as { sab: SharedArrayBuffer });
    assert.deepEqual([await outer, await inner], [8, 16]);
  },
);

test(
  "An error whose getters throw rejects its own call only",
  async () => {
    await using runtime = await sharedRuntime(2);
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const beside = runtime.spawnCompute(async (gate: Int32Array) => {
      await Atomics.waitAsync(gate, 0, 0).value;
      return "beside";
    }, gate);
    const throwing = runtime.spawnCompute(() => {
      const error = new Error("hidden");
      Object.defineProperty(error, "message", {
        get() {
          throw new Error("the getter");
        },
      });
      throw error;
    });
    await assert.rejects(throwing, /Cannot send|the getter/);
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
    assert.equal(await beside, "beside");
  },
);
