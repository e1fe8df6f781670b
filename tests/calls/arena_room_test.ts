import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** Two payloads of this size do not fit the smallest arena that is used here. */
const LARGE_BYTES = 900_000;
const MAX_BYTES = 1 << 20;

const sharedRuntime = runtimeOfFile((workers) =>
  unpinned(workers).maxPayloadBytes(MAX_BYTES)
);

for (const workers of [2, 1]) {
  test(`A large result has room although the worker's own calls fill theirs, ${workers} worker(s)`, async () => {
    await using runtime = await sharedRuntime(workers);
    const outer = (gate: Int32Array, all: number, bytes: number) => {
      // All workers wait here for each other, so that none serves the nested calls.
      Atomics.add(gate, 0, 1);
      while (Atomics.load(gate, 0) < all);
      spawnCompute((bytes: Uint8Array) => bytes.length, new Uint8Array(bytes))
        .catch(() => {});
      return new Uint8Array(bytes);
    };
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const calls = Array.from(
      { length: workers },
      () => runtime.spawnCompute(outer, gate, workers, LARGE_BYTES),
    );
    for (const result of await Promise.all(calls)) {
      assert.equal(result.length, LARGE_BYTES);
    }
  });

  test(`Tasks that send large arguments and tasks that return large results all finish, ${workers} worker(s)`, async () => {
    await using runtime = await sharedRuntime(workers);
    const asks = async (bytes: number) =>
      await spawnCompute(
        (bytes: Uint8Array) => bytes.length,
        new Uint8Array(bytes),
      );
    const returns = async (bytes: number) => {
      await Promise.resolve();
      return new Uint8Array(bytes);
    };
    const calls: Promise<number>[] = [];
    for (let i = 0; i < 8 * workers; i++) {
      calls.push(runtime.spawnCompute(asks, LARGE_BYTES));
      calls.push(
        runtime.spawnCompute(returns, LARGE_BYTES).then(({ length }) => length),
      );
    }
    const lengths = await Promise.all(calls);
    assert.deepEqual(lengths, lengths.map(() => LARGE_BYTES));
  });
}

test("A large result does not starve behind smaller arguments and results of its worker", async () => {
  await using runtime = await sharedRuntime(1);
  const flag = new Int32Array(new SharedArrayBuffer(8));
  // Keeps three calls with arguments and results of a quarter of the room in flight.
  const busy = async (flag: Int32Array) => {
    const chain = async () => {
      while (Atomics.load(flag, 0) === 0) {
        await spawnCompute((bytes: Uint8Array) => bytes, new Uint8Array(2.5e5));
      }
    };
    await Promise.all([chain(), chain(), chain()]);
  };
  const returnsLarge = async (flag: Int32Array, bytes: number) => {
    while (Atomics.load(flag, 1) === 0) {
      await new Promise((resolve) => setTimeout(resolve));
    }
    return new Uint8Array(bytes);
  };
  const large = runtime.spawnCompute(returnsLarge, flag, 1_000_000);
  const chains = runtime.spawnCompute(busy, flag);
  Atomics.store(flag, 1, 1);
  assert.equal((await large).length, 1_000_000);
  Atomics.store(flag, 0, 1);
  await chains;
});
