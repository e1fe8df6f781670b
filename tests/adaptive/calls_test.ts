import assert from "node:assert/strict";
import { spawnAdaptive } from "../../mod.ts";
import type { AdaptiveMetrics, LoomRuntime, RuntimeView } from "../../mod.ts";
import { double, later } from "../fixtures/tasks/here_or_there.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** No strikes and no limit: a busy machine must not send what a test expects here. */
const HERE = {
  maxInlineUs: 1e9,
  maxInlineUnderPressureUs: 1e9,
  strikes: false,
  sendUs: 1e9,
} as const;
/** The first call is not made here either. */
const AWAY = { maxInlineUs: 0, slowCalls: 1000 } as const;

interface Point {
  x: number;
  readonly list: number[];
}

/** What both ways of calling must do alike; each returns something to compare. */
const CASES: Readonly<
  Record<string, (runtime: RuntimeView) => Promise<unknown>>
> = {
  "arguments are copied": async (runtime) => {
    const point: Point = { x: 1, list: [1] };
    const result = await runtime.spawnAdaptive((p: Point) => {
      p.x++;
      p.list.push(2);
      return p;
    }, point);
    assert.notEqual(result as unknown, point);
    return [point, result];
  },
  "results have no prototype": async (runtime) => {
    const result: unknown = await runtime.spawnAdaptive(() => {
      class Box {
        value = 1;
        method() {}
      }
      return new Box();
    });
    return [Object.getPrototypeOf(result) === Object.prototype, result];
  },
  "shared memory is not copied": async (runtime) => {
    const shared = new Int32Array(new SharedArrayBuffer(8));
    await runtime.spawnAdaptive((words: Int32Array) => {
      words[1] = 7;
    }, shared);
    return shared[1];
  },
  "a function among the results is refused": (runtime) =>
    outcome(() => runtime.spawnAdaptive(() => () => 1)),
  "a function among the arguments is refused": (runtime) =>
    outcome(() =>
      runtime.spawnAdaptive((list: unknown[]) => list.length, [() => 1])
    ),
  "a getter of an argument throws": (runtime) =>
    outcome(() =>
      runtime.spawnAdaptive((o: object) => o, {
        get wrong() {
          throw new RangeError("getter");
        },
      })
    ),
  "what is thrown arrives as a rejection": (runtime) =>
    outcome(() =>
      runtime.spawnAdaptive((n: number) => {
        throw new RangeError(`no ${n}`, { cause: [n] });
      }, 5)
    ),
  "a value that is no error is thrown": (runtime) =>
    outcome(() =>
      runtime.spawnAdaptive(() => {
        throw { code: 1 };
      })
    ),
  "a captured variable is refused": (runtime) => {
    const outer = Math.random();
    return outcome(() => runtime.spawnAdaptive(() => outer));
  },
  "the function is a copy of its own": async (runtime) => {
    const fn = Object.assign((n: number) => typeof n, { marker: 1 });
    return await runtime.spawnAdaptive(fn, 1);
  },
  "this is undefined": (runtime) =>
    runtime.spawnAdaptive((n: number) => [n, n === undefined], 1),
  "a map yields copies in order": async (runtime) => {
    const items = [{ n: 3 }, { n: 2 }, { n: 1 }];
    const results: unknown[] = [];
    const add = (item: { n: number }, by: number) => {
      item.n += by;
      return item;
    };
    for await (const r of runtime.adaptiveMap(items, add, { args: [10] })) {
      results.push(r);
    }
    return [items, results];
  },
  "an item of a map that fails has its index": (runtime) =>
    outcome(async () => {
      const check = (n: number) => {
        if (n === 2) throw new TypeError("two");
      };
      for await (const _ of runtime.adaptiveMap([1, 2, 3], check));
    }),
};

async function outcome(call: () => Promise<unknown>): Promise<unknown> {
  try {
    return { value: await call() };
  } catch (error) {
    if (!(error instanceof Error)) return { thrown: error };
    const { name, message, cause } = error;
    const { itemIndex } = error as { itemIndex?: number };
    // A worker has no frames of the caller.
    const stack = error.stack ?? "";
    const [own] = stack.split("--- called");
    return {
      name,
      message,
      cause,
      itemIndex,
      hasOwnFrames: own.includes("calls_test"),
    };
  }
}

function adaptive(runtime: LoomRuntime): AdaptiveMetrics {
  const { tasks } = runtime.metrics();
  return tasks.find((each) => each.adaptive !== undefined)!.adaptive!;
}

for (const [name, run] of Object.entries(CASES)) {
  test(`It makes no difference where an adaptive call runs: ${name}`, async () => {
    const outcomes: unknown[] = [];
    for (const settings of [HERE, AWAY]) {
      await using runtime = await unpinned(1).adaptive(settings).build();
      const hint = settings === HERE ? "quick" : "slow";
      outcomes.push(await run(runtime.with({ hint })));
      const { begun } = runtime.stats().compute;
      if (settings === HERE) assert.equal(begun, 0);
    }
    assert.deepEqual(outcomes[0], outcomes[1]);
  });
}

test("Errors show who made the call, and frames of the function only, here and on a worker", async () => {
  await using runtime = await unpinned(1).adaptive({ maxInlineUs: 0 }).build();
  const fail = () => {
    throw new RangeError("no");
  };
  for (let i = 0; i < 2; i++) {
    const stack = await runtime.spawnAdaptive(fail).catch((e) => e.stack);
    assert.match(stack, /calls_test[^]*called from[^]*calls_test/);
    assert.equal(stack.match(/calls_test/g).length, 2);
  }
  assert.deepEqual(adaptive(runtime).sent, 1);
});

test("Functions that depend on their thread are sent, and the metrics say why", async () => {
  for (
    const fn of [
      async () => await Promise.resolve(1),
      () => currentWorkerName(),
      () => Reflect.has(globalThis, "something"),
      () => Atomics.load(new Int32Array(4), 0),
    ]
  ) {
    await using runtime = await unpinned(1).adaptive(HERE).build();
    await runtime.spawnAdaptive(fn as () => unknown).catch(() => {});
    const { tasks } = runtime.metrics();
    for (const { adaptive } of tasks) {
      assert.deepEqual(adaptive, {
        inline: 0,
        sent: 1,
        expectedUs: 0,
        why: "workers only",
      });
    }
  }
});

/** Not known in a task. */
declare function currentWorkerName(): string;

test("A module task that is imported here runs here, until it returns a promise", async () => {
  await using runtime = await unpinned(1).adaptive(HERE).build();
  assert.equal(await runtime.spawnAdaptive(double, 2), 4);
  assert.deepEqual(await runtime.spawnAdaptive(later, 0), { n: 0 });
  assert.deepEqual(await runtime.spawnAdaptive(later, 1), { n: 1 });
  assert.equal(runtime.stats().compute.begun, 0);
  assert.deepEqual(await runtime.spawnAdaptive(later, 2), { n: 2 });
  assert.equal(runtime.stats().compute.begun, 1);
});

test("Calls with a signal, a time limit, a key or a report are always sent", async () => {
  await using runtime = await unpinned(1).adaptive(HERE).build();
  const { signal } = new AbortController();
  const views = [
    { signal },
    { timeoutMs: 10_000 },
    { key: 1 },
    { onProgress: () => {} },
  ];
  const one = () => 1;
  for (const [i, options] of views.entries()) {
    assert.equal(await runtime.with(options).spawnAdaptive(one), 1);
    assert.equal(runtime.stats().compute.begun, i + 1);
  }
  await runtime.with({ priority: "high", hint: 5 }).spawnAdaptive(one);
  assert.equal(runtime.stats().compute.begun, views.length);
});

test("Runs here count among the runs of the thread, and calls refuse after shutdown", async () => {
  const runtime = await unpinned(1).adaptive(HERE).build();
  const square = (n: number) => n * n;
  for (let i = 0; i < 1_000; i++) await runtime.spawnAdaptive(square, i);
  const { tasks, threads } = runtime.metrics();
  assert.equal(tasks[0].runs, 1_000);
  assert.equal(threads[0].runs, 1_000);
  assert.deepEqual(
    { ...adaptive(runtime), expectedUs: 0 },
    { inline: 1_000, sent: 0, expectedUs: 0, why: "cost" },
  );
  await runtime.blockUntilIdle();
  await assert.rejects(runtime.spawnAdaptive(square, 1), {
    name: "ShutdownError",
  });
});

test("Results of quick calls do not keep timers from running", async () => {
  await using runtime = await unpinned(1).adaptive(HERE).build();
  const square = (n: number) => n * n;
  let isDue = false;
  setTimeout(() => isDue = true, 1);
  // Without a turn of the event loop in between, this would never end.
  while (!isDue) await runtime.spawnAdaptive(square, 3);
});

test("A slow function moves to the workers by itself, here and in a task", async () => {
  await using runtime = await unpinned(2).build();
  const spin = (rounds: number) => {
    let x = 1;
    for (let i = 0; i < rounds; i++) x = Math.sqrt(x + i);
    return x;
  };
  for (let i = 0; i < 5; i++) await runtime.spawnAdaptive(spin, 3_000_000);
  const { inline, sent, why } = adaptive(runtime);
  assert.deepEqual([inline, sent, why], [1, 4, "slow"]);
  const nested = async () => await spawnAdaptive((n: number) => n + 1, 1);
  assert.equal(await runtime.spawnCompute(nested), 2);
});

test("calibrate() measures what a call costs, and build() does it if it is told to", async () => {
  await using runtime = await unpinned(1).calibrate({ calls: 20 }).build();
  assert.equal(runtime.stats().compute.begun, 120);
  const { sendUs, p99Us } = await runtime.calibrate({
    warmUpCalls: 0,
    calls: 10,
  });
  assert.ok(sendUs > 0 && p99Us >= sendUs);
  assert.equal(runtime.stats().compute.begun, 130);
});

test("A hint that is none is refused", async () => {
  await using runtime = await unpinned(1).build();
  for (const hint of ["fast", 0, -1, NaN, Infinity, null, {}]) {
    assert.throws(
      () => runtime.with({ hint: hint as never }),
      /^TypeError: Cannot set hint: it must be "quick", "slow" or a positive/,
    );
  }
});
