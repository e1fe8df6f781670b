/**
 * Measures calls that carry a value in and out.
 *
 *     deno task bench payload        bun run bench payload
 *
 * A call is `(value) => value` on the one worker of a pool, one after another; the value is
 * copied in both directions. `view1m` passes 1 MB without a copy: as a view of shared memory if
 * the pool supports that, transferred otherwise. The last figures move memory to the worker and
 * back, if the pool supports that, beside a copy of the same size.
 *
 * @module
 */

import { floorForValues } from "./contenders/floor.ts";
import { poolContenders } from "./contenders/list.ts";
import type { Pool } from "./contenders/pool.ts";
import type { Benchmark } from "./harness/benchmark.ts";
import { runBenchmark } from "./harness/main.ts";
import type { Recorder } from "./harness/recorder.ts";
import { medianUs } from "./harness/timing.ts";

const bytes = (size: number) =>
  Uint8Array.from({ length: size }, (_, i) => i * 31);
const filled = (size: number) => new Uint8Array(size).fill(1);
const MEGABYTE = 1_000_000;

/** The values by the key of their figure. */
const VALUES: Readonly<Record<string, () => unknown>> = {
  number: () => 42.5,
  string100: () => "0123456789".repeat(10),
  string10k: () => "0123456789".repeat(1000),
  object: () => ({
    id: 42,
    name: "loom",
    tags: ["fast", "shared"],
    at: { x: 1.5, y: -2.5, visible: true },
  }),
  bytes1k: () => bytes(1000),
  bytes64k: () => bytes(64_000),
  bytes1m: () => bytes(MEGABYTE),
  bytes16m: () => bytes(16 * MEGABYTE),
};

/** Sizes of memory that moves, by the key of the figure. */
const MOVED: Readonly<Record<string, number>> = {
  move16m: 16 * MEGABYTE,
  move64m: 64 << 20,
};

async function measure(
  pool: Pick<Pool, "echo" | "maxValueBytes" | "pass" | "passable" | "move">,
  recorder: Recorder,
): Promise<void> {
  const { echo, maxValueBytes = Infinity, pass, passable, move } = pool;
  if (move !== undefined) {
    // First: afterwards, the engine also frees what copies leave behind.
    for (const [key, size] of Object.entries(MOVED)) {
      await recorder.record(key, () => passingUs(move, filled(size), recorder));
    }
  }
  for (const [key, make] of Object.entries(VALUES)) {
    const value = make();
    if (value instanceof Uint8Array && value.length > maxValueBytes) continue;
    await recorder.record(key, () => medianUs(() => echo(value), recorder));
  }
  if (pass !== undefined && passable !== undefined) {
    await recorder.record(
      "view1m",
      () => passingUs(pass, passable(MEGABYTE), recorder),
    );
  }
  if (move === undefined) return;
  const copied = filled(MOVED.move64m);
  await recorder.record(
    "copy64m",
    () => medianUs(() => echo(copied), recorder),
  );
}

/** Passes the same bytes to and fro. */
async function passingUs(
  pass: (bytes: Uint8Array) => Promise<Uint8Array>,
  bytes: Uint8Array,
  recorder: Recorder,
): Promise<number> {
  const { length } = bytes;
  const us = await medianUs(async () => {
    bytes = await pass(bytes);
  }, recorder);
  if (bytes.length !== length) throw new Error("the bytes got lost");
  return us;
}

/** The benchmark of this file. */
export const benchmark: Benchmark = {
  name: "payload",
  title: "Calls that carry a value in and out",
  figures: {
    number: { label: "a number", unit: "us" },
    string100: { label: "a string of 100 B", unit: "us" },
    string10k: { label: "a string of 10 KB", unit: "us" },
    object: { label: "a small object", unit: "us" },
    bytes1k: { label: "1 KB of bytes", unit: "us", at: 1e3 },
    bytes64k: { label: "64 KB of bytes", unit: "us", at: 64e3 },
    bytes1m: { label: "1 MB of bytes", unit: "us", at: 1e6 },
    bytes16m: { label: "16 MB of bytes", unit: "us", at: 16e6 },
    view1m: { label: "1 MB without a copy", unit: "us" },
    move16m: { label: "16 MB moved", unit: "us" },
    move64m: { label: "64 MiB moved", unit: "us" },
    copy64m: { label: "64 MiB of bytes", unit: "us" },
  },
  contenders: [
    ...poolContenders(measure),
    floorForValues(measure, [VALUES.object()]),
  ],
};

if (import.meta.main) await runBenchmark(benchmark);
