import assert from "node:assert/strict";
import { type CallOptions, currentRuntime, spawnCompute } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const ROUNDS = 10;
const CALLS_PER_ROUND = 300;

/** Makes calls at the end of the stack and while it unwinds; returns their promises. */
function callAtEndOfStack(make: (depth: number) => Promise<unknown>) {
  const calls: Promise<unknown>[] = [];
  const deep = (depth: number): void => {
    try {
      deep(depth + 1);
    } catch {
      // No stack is left: the calls begin here.
    }
    if (calls.length >= CALLS_PER_ROUND) return;
    try {
      const call = make(depth);
      call.catch(() => {});
      calls.push(call);
    } catch {
      // Thrown instead of rejected: there was no stack for a promise.
    }
  };
  deep(0);
  return calls;
}

const echo = (value: unknown) => value;

for (
  const [what, argument] of [
    ["a number", (depth: number) => depth],
    ["bytes", (depth: number) => new Uint8Array(1000).fill(depth)],
    ["an object", (depth: number) => ({ a: [depth] })],
    [
      "an array beyond the inline area",
      (depth: number) => new Float64Array(100).fill(depth),
    ],
  ] as const
) {
  test(`Calls with ${what} near the end of the stack settle, and the runtime continues`, async () => {
    await using runtime = await sharedRuntime(1);
    await runtime.spawnCompute(echo, argument(1));
    for (let round = 0; round < ROUNDS; round++) {
      const outcomes = await Promise.allSettled(
        callAtEndOfStack((depth) =>
          runtime.spawnCompute(echo, argument(depth))
        ),
      );
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        assert.match(String(outcome.reason), /stack/i);
      }
    }
    assert.deepEqual(
      await runtime.spawnCompute(echo, argument(1)),
      argument(1),
    );
    assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  });
}

test("Calls that a task makes near the end of its stack settle, and its worker continues", async () => {
  await using runtime = await sharedRuntime(1);
  const onWorker = async () => {
    const calls: Promise<unknown>[] = [];
    const same = (n: number) => n;
    await spawnCompute(same, 1);
    const deep = (depth: number): void => {
      try {
        deep(depth + 1);
      } catch {
        // No stack is left: the calls begin here.
      }
      if (calls.length >= 300) return;
      try {
        const call = spawnCompute(same, depth);
        call.catch(() => {});
        calls.push(call);
      } catch {
        // Thrown instead of rejected.
      }
    };
    // Once while its worker is awake, once while it sleeps on the event loop.
    deep(0);
    const first = await Promise.allSettled(calls);
    await new Promise((resolve) => setTimeout(resolve, 1));
    calls.length = 0;
    deep(0);
    return first.length + (await Promise.allSettled(calls)).length;
  };
  for (let round = 0; round < ROUNDS; round++) {
    assert.equal(await runtime.spawnCompute(onWorker), 600);
  }
  assert.equal(await runtime.spawnCompute((n: number) => n, 7), 7);
});

for (const options of [{ priority: "high" }, { key: 1 }] as CallOptions[]) {
  const [name] = Object.keys(options);

  test(`Calls with a ${name} near the end of the stack settle, from the first one on`, async () => {
    // One of its own, whose first calls prepare a ring.
    await using runtime = await unpinned(2).build();
    for (let round = 0; round < ROUNDS; round++) {
      const view = runtime.with(options);
      const outcomes = await Promise.allSettled(
        callAtEndOfStack((depth) =>
          depth % 2 === 0
            ? view.spawnCompute(echo, depth)
            : view.spawnCompute(echo, { a: [depth] })
        ),
      );
      for (const outcome of outcomes) {
        if (outcome.status === "fulfilled") continue;
        assert.match(String(outcome.reason), /stack/i);
      }
      // Any of the workers may be the one that was to be woken.
      await runtime.onEachWorker(() => {});
      assert.equal(await view.spawnCompute(echo, round), round);
    }
    assert.deepEqual(runtime.inFlight, { compute: 0, async: 0 });
  });

  test(`Calls with a ${name} that a task makes near the end of its stack settle`, async () => {
    await using runtime = await sharedRuntime(2);
    const onWorker = async (options: CallOptions) => {
      const view = currentRuntime().with(options);
      const calls: Promise<unknown>[] = [];
      const deep = (depth: number): void => {
        try {
          deep(depth + 1);
        } catch {
          // No stack is left: the calls begin here.
        }
        if (calls.length >= 300) return;
        try {
          const call = view.spawnCompute((n: number) => n, depth);
          call.catch(() => {});
          calls.push(call);
        } catch {
          // Thrown instead of rejected.
        }
      };
      deep(0);
      return (await Promise.allSettled(calls)).length;
    };
    for (let round = 0; round < ROUNDS; round++) {
      assert.equal(await runtime.spawnCompute(onWorker, options), 300);
    }
    assert.equal(await runtime.spawnCompute((n: number) => n, 7), 7);
  });
}
