import assert from "node:assert/strict";
import { parRange, shared } from "../../mod.ts";
import { Job, MAX_STORE_BYTES } from "../../lib/jobs/job.ts";
import { ResultBuffers } from "../../lib/jobs/result_buffers.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Two results of this size do not fit into the store of a job. */
const RESULT_BYTES = 5 * MAX_STORE_BYTES / 8;

function large(n: number, bytes: number): Uint8Array {
  return new Uint8Array(bytes).fill(n + 1);
}

function assertLarge(results: readonly Uint8Array[], length: number): void {
  assert.deepEqual(
    results.map((bytes) => [bytes.length, bytes[0], bytes.at(-1)]),
    Array.from({ length }, (_, n) => [RESULT_BYTES, n + 1, n + 1]),
  );
}

test("Results of an awaited loop that do not fit into its store arrive", async () => {
  await using runtime = await sharedRuntime(1);
  const loop = () =>
    runtime.install(() =>
      parRange(0, 3).map(large, RESULT_BYTES).toArrayAsync()
    );
  assertLarge(await loop(), 3);
  // Again, in the same buffers; and two loops at once, in different ones.
  for (
    const results of [await loop(), ...await Promise.all([loop(), loop()])]
  ) {
    assertLarge(results, 3);
  }
});

test("Results of a blocking loop that do not fit into its store arrive", async () => {
  await using runtime = await sharedRuntime(1);
  const endedCount = shared(new Int32Array(1));
  const isHere = globalThis as { isCaller?: boolean };
  isHere.isCaller = true;
  try {
    const results = runtime.install(() =>
      parRange(0, 4).map(
        (n, bytes: number, endedCount: Int32Array) => {
          const { isCaller } = globalThis as { isCaller?: boolean };
          // The worker runs two leaves while the caller runs one.
          while (isCaller && Atomics.load(endedCount, 0) < 2);
          if (!isCaller) Atomics.add(endedCount, 0, 1);
          return new Uint8Array(bytes).fill(n + 1);
        },
        RESULT_BYTES,
        endedCount,
      ).toArray()
    );
    assertLarge(results, 4);
  } finally {
    delete isHere.isCaller;
  }
});

test("An error that does not fit into the store of its loop arrives", async () => {
  await using runtime = await sharedRuntime(1);
  const failing = () =>
    parRange(0, 3).map((n, length: number) => {
      if (n < 2) return new Uint8Array(length);
      throw new Error("x".repeat(length));
    }, 7 * MAX_STORE_BYTES / 16).toArrayAsync();
  await assert.rejects(runtime.install(failing), { name: "Error" });
});

test("A result larger than maxPayloadBytes is an error that names the setting", async () => {
  await using runtime = await unpinned(1).maxPayloadBytes(1 << 20).build();
  const loop = () => parRange(0, 3).map(large, 1 << 20).toArrayAsync();
  await assert.rejects(runtime.install(loop), {
    name: "PayloadTooLargeError",
    message: /raise maxPayloadBytes/,
  });
});

test("ResultBuffers uses a buffer again when its loop has ended", () => {
  const buffers = new ResultBuffers();
  const job = Job.create(2);
  const own = buffers.take(100_000);
  assert.ok(own.byteLength >= 100_000);
  buffers.hold(job, [own], own);
  buffers.release();
  assert.notEqual(buffers.take(100_000), own, "the caller may still read it");
  job.endLoop();
  buffers.release();
  assert.notEqual(buffers.take(1), own);
  assert.equal(buffers.take(100_001), own);
  assert.notEqual(buffers.take(100_001), own);
});

test("ResultBuffers drops a buffer that is not used for long", () => {
  const buffers = new ResultBuffers();
  const job = Job.create(2);
  const own = buffers.take(1);
  buffers.hold(job, [own], own);
  job.endLoop();
  for (let request = 0; request < 20; request++) buffers.release();
  assert.notEqual(buffers.take(1), own);
});
