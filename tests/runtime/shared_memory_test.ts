import assert from "node:assert/strict";
import { spawnCompute } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const add = (words: Int32Array, n: number) => Atomics.add(words, 0, n);

test("A view of shared memory sent to a worker is the same memory there", async () => {
  await using runtime = await sharedRuntime(3);
  const buffer = new SharedArrayBuffer(64);
  const words = new Int32Array(buffer, 16, 4);
  const calls = Array.from(
    { length: 1_000 },
    () => runtime.spawnCompute(add, words, 1),
  );
  await Promise.all(calls);
  assert.equal(words[0], 1_000);
  // The buffer itself, and what is nested in other values.
  const viewed = await runtime.spawnCompute(
    ({ buffer }: { buffer: SharedArrayBuffer }) => {
      const view = new DataView(buffer, 32);
      view.setFloat64(0, 0.5);
      return { buffer, view, words: new Int32Array(buffer, 16, 4) };
    },
    { buffer },
  );
  assert.ok(sameMemory(viewed.buffer, buffer));
  assert.ok(sameMemory(viewed.view.buffer, buffer));
  assert.equal(viewed.view.byteOffset, 32);
  assert.equal(viewed.view.getFloat64(0), 0.5);
  assert.equal(viewed.words[0], 1_000);
});

stressTest(
  "Shared memory that is dropped and collected in between is never mixed up",
  async () => {
    await using runtime = await sharedRuntime(3);
    const fill = (words: Int32Array, n: number) => words.fill(n);
    for (let round = 0; round < sized(3, 100); round++) {
      const calls = Array.from({ length: 25 }, async (_, i) => {
        const n = round * 25 + i;
        const words = new Int32Array(new SharedArrayBuffer(40_000));
        const back = await runtime.spawnCompute(fill, words, n);
        assert.equal(words[9_999], n);
        assert.ok(sameMemory(back.buffer, words.buffer), `call ${n}`);
        // What a worker made and dropped, while calls with it are in flight.
        const made = await runtime.spawnCompute(
          (n: number) => new Int32Array(new SharedArrayBuffer(40_000)).fill(n),
          n,
        );
        assert.equal(made[0] + made[9_999], 2 * n);
      });
      await Promise.all(calls);
      collectGarbage();
    }
  },
);

for (const workers of [3, 1]) {
  test(`Shared memory goes from worker to worker, among ${workers}`, async () => {
    await using runtime = await sharedRuntime(workers);
    const words = await runtime.spawnCompute(async () => {
      const words = new Int32Array(new SharedArrayBuffer(8));
      const add = (words: Int32Array) => {
        Atomics.add(words, 0, 1);
        return words;
      };
      const calls = Array.from({ length: 50 }, () => spawnCompute(add, words));
      for (const back of await Promise.all(calls)) Atomics.add(back, 1, 1);
      return words;
    });
    assert.deepEqual([...words], [50, 50]);
  });
}

test("Shared memory that a worker made comes back by reference", async () => {
  await using runtime = await sharedRuntime(1);
  const words = await runtime.spawnCompute(() => {
    const words = new Int32Array(new SharedArrayBuffer(8));
    (globalThis as { kept?: Int32Array }).kept = words;
    return words;
  });
  words[1] = 7;
  const seen = await runtime.spawnCompute(() =>
    (globalThis as { kept?: Int32Array }).kept![1]
  );
  assert.equal(seen, 7);
  // Sent to the worker again, it is the memory that the worker kept.
  const keptSees = await runtime.spawnCompute((words: Int32Array) => {
    words[0] = 3;
    return (globalThis as { kept?: Int32Array }).kept![0];
  }, words);
  assert.equal(keptSees, 3);
  assert.equal(words[0], 3);
});

test("Shared memory of a call's arguments comes back as the same object", async () => {
  await using runtime = await sharedRuntime(1);
  const words = new Int32Array(new SharedArrayBuffer(8));
  const back = await runtime.spawnCompute((words: Int32Array) => words, words);
  assert.equal(back.buffer, words.buffer);
  const later = await runtime.spawnCompute(
    async ({ words }: { words: Int32Array }) => {
      // The arguments of another call are read in the meantime.
      await Promise.resolve();
      return [words.subarray(1), new SharedArrayBuffer(4)];
    },
    { words },
  );
  assert.equal((later[0] as Int32Array).buffer, words.buffer);
  assert.notEqual(later[1], words.buffer);
});

test("A worker may return shared memory of an earlier call that the caller dropped", async () => {
  await using runtime = await sharedRuntime(1);
  type Keeper = { kept?: Int32Array };
  const keep = (words: Int32Array) => {
    (globalThis as Keeper).kept = words;
  };
  for (let round = 0; round < 4; round++) {
    await runtime.spawnCompute(
      keep,
      new Int32Array(new SharedArrayBuffer(8)).fill(round),
    );
    collectGarbage();
    const other = new Int32Array(new SharedArrayBuffer(4));
    const [kept] = await runtime.spawnCompute(
      (other: Int32Array) => [(globalThis as Keeper).kept!, other],
      other,
    );
    assert.deepEqual([...kept], [round, round]);
  }
});

stressTest(
  "Shared memory that a worker returns to itself is kept until it has read it",
  async () => {
    await using runtime = await sharedRuntime(1);
    const rounds = sized(2, 20);
    const wrong = await runtime.spawnCompute(async (rounds: number) => {
      const make = (n: number) => {
        const made = new Int32Array(new SharedArrayBuffer(40_000)).fill(n);
        // Gives the garbage collector a chance to run.
        const bun = (globalThis as { Bun?: { gc(force: boolean): void } }).Bun;
        if (bun !== undefined) setImmediate(() => bun.gc(true));
        else for (let i = 0; i < 20; i++) new Array(50_000).fill({ i });
        return made;
      };
      const problems: string[] = [];
      for (let round = 0; round < rounds; round++) {
        const calls = Array.from(
          { length: 25 },
          (_, i) =>
            spawnCompute(make, i).then((made) => {
              if (made[9_999] !== i) problems.push(`${made[9_999]} for ${i}`);
            }, (error) => problems.push(String(error))),
        );
        await Promise.all(calls);
      }
      return problems;
    }, rounds);
    assert.deepEqual(wrong, []);
  },
);

test("The replacement of a lost worker gets the shared memory that it needs", async () => {
  await using runtime = await sharedRuntime(1);
  const words = new Int32Array(new SharedArrayBuffer(4));
  await runtime.spawnCompute(add, words, 1);
  const lost = runtime.spawnCompute(() => process.exit(1));
  const after = Array.from(
    { length: 20 },
    () => runtime.spawnCompute(add, words, 1),
  );
  await assert.rejects(lost, { name: "WorkerLostError" });
  await Promise.all(after);
  assert.equal(words[0], 21);
});

/** Whether a write through one view is visible through the other. */
function sameMemory(a: ArrayBufferLike, b: ArrayBufferLike): boolean {
  const [first, second] = [new Uint8Array(a), new Uint8Array(b)];
  const before = first[0]++;
  return second[0] === ((before + 1) & 255);
}

/** Makes enough garbage for a collection, or collects at once where that is possible. */
function collectGarbage(): void {
  const bun = (globalThis as { Bun?: { gc(force: boolean): void } }).Bun;
  if (bun !== undefined) return bun.gc(true);
  for (let i = 0; i < 200; i++) new Array(50_000).fill({ i });
}
