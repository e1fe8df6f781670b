import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import process from "node:process";
import { type WorkerEvent, WorkerLostError } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const CHANNELS = ["start", "end", "lost"] as const;

test("Channels publish the start, the end and the loss of each worker", async () => {
  const seen: (readonly [what: string, event: WorkerEvent])[] = [];
  const listeners = CHANNELS.map((what) => {
    const note = (event: unknown) => seen.push([what, event as WorkerEvent]);
    subscribe(`loom:worker:${what}`, note);
    return [`loom:worker:${what}`, note] as const;
  });
  const runtime = await unpinned(1).asyncThreads(2).build();
  function die(): void {
    process.exit(3);
  }
  await assert.rejects(runtime.spawnCompute(die), WorkerLostError);
  // Its successor.
  await runtime.spawnCompute((n: number) => n, 1);
  await runtime.recycle();
  await runtime.blockUntilIdle();
  for (const [name, note] of listeners) unsubscribe(name, note);
  const eventsOf = (thread: string) =>
    seen.filter(([, { name }]) => name === thread);
  const compute = eventsOf("test-compute-0000");
  const serials = compute.map(([what, { serial }]) => [what, serial] as const);
  const [first, second, third] = new Set(serials.map(([, serial]) => serial));
  // A successor that is set up before the worker before it ends may start first.
  const ordered = serials.toSorted(([, a], [, b]) => a - b);
  assert.deepEqual(ordered, [
    ["start", first],
    ["lost", first],
    ["start", second],
    ["end", second],
    ["start", third],
    ["end", third],
  ]);
  assert.deepEqual(
    eventsOf("test-async-0001").map(([what]) => what),
    ["start", "end"],
  );
  assert.equal(seen.length, 8);
  for (const [, { cpu }] of seen) assert.equal(cpu, null);
  // Nobody listens any more.
  await using _other = await unpinned(1).build();
  assert.equal(seen.length, 8);
});
