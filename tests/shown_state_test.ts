import assert from "node:assert/strict";
import { inspect, stripVTControlCharacters } from "node:util";
import { Channel, Latch, Mutex } from "../lib/sync/mod.ts";
import { unpinned } from "./support/runtime.ts";
import { test } from "./support/test.ts";

/** What `console.log()` uses. */
const { Deno, Bun } = globalThis as unknown as Record<
  string,
  { inspect(value: unknown): string } | undefined
>;
const inspectAsConsole = (value: unknown): string =>
  stripVTControlCharacters((Deno ?? Bun)!.inspect(value));

test("console.log() of a runtime shows its name, phase, calls and threads", async () => {
  const runtime = await unpinned(2).prefix("shown").build();
  const started = new Latch(1, { runtime });
  const release = new Latch(1, { runtime });
  const call = runtime.spawnCompute(
    (started: Latch, release: Latch) => {
      started.countDown();
      release.waitSync();
    },
    started,
    release,
  );
  await started.wait();
  for (const show of [inspectAsConsole, inspect]) {
    const text = show(runtime).replaceAll(/["']/g, "");
    assert.match(text, /^LoomRuntime \{/);
    assert.match(text, /name: shown,\s+phase: running,/);
    assert.match(text, /queued: 0,\s+inFlight: 1,/);
    assert.match(text, /shown-async-0000 \(this thread\)/);
    assert.match(text, /shown-compute-000[01]: busy, 1 running/);
  }
  release.countDown();
  await call;
  const ended = runtime.blockUntilIdle();
  assert.match(inspectAsConsole(runtime), /phase: .shutting down/);
  await ended;
  assert.match(inspectAsConsole(runtime), /phase: .ended/);
});

test("What is shown is no deeper than the inspector wants, and has its colors", async () => {
  await using runtime = await unpinned(1).build();
  assert.equal(
    inspect({ runtime }, { depth: 0 }),
    "{ runtime: [LoomRuntime] }",
  );
  assert.match(inspect({ runtime }, { depth: 1 }), /threads: \[Array\]/);
  assert.ok(inspect(runtime, { colors: true }).includes("\x1b[32m'running'"));
});

test("console.log() of a shared object or of a view shows its state", async () => {
  await using runtime = await unpinned(1).build();
  const mutex = new Mutex({ runtime });
  using _guard = await mutex.lock();
  assert.match(inspectAsConsole(mutex), /^Mutex \{\s+isLocked: true/);
  const channel = new Channel<number>(4, { runtime });
  await channel.send(1);
  assert.match(
    inspectAsConsole({ channel }),
    /channel: Channel \{\s+capacity: 4,\s+length: 1/,
  );
  const view = runtime.with({ priority: "high" });
  assert.match(inspectAsConsole(view), /^RuntimeView \{\s+priority: .high/);
});
