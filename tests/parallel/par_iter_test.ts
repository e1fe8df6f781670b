import assert from "node:assert/strict";
import {
  CapturedVariableError,
  InvalidTaskError,
  type LoomRuntime,
  parIter,
  parRange,
  shared,
  ShutdownError,
  task,
  WorkerLostError,
} from "../../mod.ts";
import type { addTwo } from "../fixtures/tasks/parallel.ts";
import { addOffset } from "../fixtures/tasks/parallel.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

/** Returns once two threads are here at the same time; one thread alone would hang. */
function meet(_item: number, arrived: Int32Array): void {
  Atomics.add(arrived, 0, 1);
  Atomics.notify(arrived, 0);
  Atomics.wait(arrived, 0, 1);
}

test("A worker helps a thread that blocks", async () => {
  await using runtime = await sharedRuntime(1);
  const arrived = shared(new Int32Array(1));
  runtime.install(() => parRange(0, 2).forEach(meet, arrived));
  assert.equal(arrived[0], 2);
});

test(
  "Workers help a thread that never returns to its event loop",
  async () => {
    await using runtime = await unpinned(1).computePoolSize(64).build();
    runtime.install(() => {
      // Each loop leaves a helper call behind, which occupies a slot until it settles.
      for (let i = 0; i < 200; i++) {
        const arrived = shared(new Int32Array(1));
        parRange(0, 2).forEach(meet, arrived);
        assert.equal(arrived[0], 2);
      }
    });
  },
);

test("A thread that blocks gets help in the smallest pool, too", async () => {
  // More workers than half of the slots that a pool has at least.
  await using runtime = await unpinned(9).computePoolSize(1).build();
  const arrived = shared(new Int32Array(1));
  runtime.install(() => parRange(0, 64).forEach(meet, arrived));
  assert.equal(arrived[0], 64);
});

test(
  "find() returns the first match in order, even if a later one is found earlier",
  async () => {
    await using runtime = await sharedRuntime(1);
    // The caller starts with 32 items; the worker stays in item 32 until the caller has
    // found a later one.
    const cells = shared(new Int32Array(2));
    const isFound = (i: number, cells: Int32Array) => {
      const signal = (cell: number) => {
        Atomics.store(cells, cell, 1);
        Atomics.notify(cells, cell);
      };
      if (i === 0) Atomics.wait(cells, 0, 0);
      if (i < 32) return false;
      signal(i === 32 ? 0 : 1);
      if (i === 32) Atomics.wait(cells, 1, 0);
      return true;
    };
    const items = parRange(0, 256);
    assert.equal(runtime.install(() => items.find(isFound, cells)), 32);
    assert.deepEqual([...cells], [1, 1]);
  },
);

test("parRange() yields the numbers from start to end, in steps", async () => {
  await using runtime = await sharedRuntime(1);
  runtime.install(() => {
    assert.deepEqual(parRange(0, 10, 3).toArray(), [0, 3, 6, 9]);
    assert.deepEqual(parRange(0, 9, 3).toArray(), [0, 3, 6]);
    assert.deepEqual(parRange(10, 0, -4).toArray(), [10, 6, 2]);
    assert.deepEqual(parRange(1, 2, 0.25).toArray(), [1, 1.25, 1.5, 1.75]);
    assert.deepEqual(parRange(5, 1).toArray(), []);
  });
});

for (const form of ["blocking", "awaited"]) {
  test(
    `No item after one that throws or matches is started, ${form}`,
    async () => {
      await using runtime = await sharedRuntime(1);
      const cells = shared(new Int32Array(2)); // items started; whether the worker may continue
      const begin = (_item: number, cells: Int32Array, fails: boolean) => {
        Atomics.add(cells, 0, 1);
        if (fails) throw new RangeError("first");
        return true;
      };
      const items = () => parRange(0, 1_000);
      if (form === "awaited") {
        const failing = items().map(begin, cells, true);
        await assert.rejects(failing.sumAsync(), { message: "first" });
        assert.ok(await items().anyAsync(begin, cells, false));
      } else {
        // The only worker stays busy, so the caller runs every item.
        const busy = runtime.spawnCompute((cells: Int32Array) => {
          Atomics.wait(cells, 1, 0);
        }, cells);
        runtime.install(() => {
          const failing = items().map(begin, cells, true);
          assert.throws(() => failing.sum(), { message: "first" });
          assert.ok(items().any(begin, cells, false));
        });
        Atomics.store(cells, 1, 1);
        Atomics.notify(cells, 1);
        await busy;
      }
      assert.equal(cells[0], 2);
    },
  );
}

test(
  "A worker helps another one that blocks, and the main thread continues",
  async () => {
    await using runtime = await sharedRuntime(2);
    const arrived = shared(new Int32Array(1));
    const call = runtime.spawnCompute(
      (meet: string, arrived: Int32Array) => {
        const stage = new Function(`return ${meet}`)();
        parRange(0, 2).forEach(stage, arrived);
      },
      meet.toString(),
      arrived,
    );
    await call;
    assert.equal(arrived[0], 2);
  },
);

test("min() and max() are NaN if any item is NaN or undefined", async () => {
  await using runtime = await sharedRuntime(2);
  for (const [length, at] of [[3, 0], [200, 1], [1_000, 500], [1_000, 999]]) {
    for (const hole of [NaN, undefined]) {
      const iter = () =>
        parRange(0, length).map(
          (n, at, hole) => n === at ? hole as number : n,
          at,
          hole,
        );
      // The first ones have help.
      for (let i = 0; i < 10; i++) {
        const found = runtime.install(() => [iter().min(), iter().max()]);
        assert.deepEqual(found, [NaN, NaN]);
      }
    }
  }
});

test("sort() orders NaN last and -0 before 0, as typed arrays do", async () => {
  await using runtime = await sharedRuntime(2);
  const odd = [NaN, 0, -0, -Infinity, 1.5, Infinity, -1.5];
  const data = Float64Array.from(
    { length: 9_973 },
    (_, i) => odd[(i * i) % 31 % odd.length],
  );
  const expected = data.slice().sort();
  runtime.install(() => parIter(data).sort());
  assert.deepEqual(data, expected);
});

for (const form of ["blocking", "awaited"]) {
  const sum = async (limit: number, runtime: LoomRuntime) => {
    const iter = parRange(0, 100_000).map((i: number, limit: number) => {
      if (i >= limit) throw new RangeError(`item ${i}`, { cause: { i } });
      return i;
    }, limit);
    return form === "awaited"
      ? await iter.sumAsync()
      : runtime.install(() => iter.sum());
  };

  test(`The first of several errors reaches the caller, ${form}`, async () => {
    await using runtime = await sharedRuntime(2);
    for (const limit of [0, 1, 5_000, 50_000, 99_999]) {
      await assert.rejects(sum(limit, runtime), (error: Error) => {
        assert.ok(error instanceof RangeError);
        assert.equal(error.message, `item ${limit}`);
        assert.deepEqual(error.cause, { i: limit });
        assert.match(error.stack!, /called from[^]*par_iter_test/);
        return true;
      });
    }
    assert.equal(await sum(100_000, runtime), 4_999_950_000);
  });

  test(`The error names a captured variable, ${form}`, async () => {
    await using runtime = await sharedRuntime(2);
    const factor = 3;
    const iter = () => parRange(0, 1_000).map((i) => i * factor);
    const error = await (form === "awaited"
      ? iter().sumAsync()
      : Promise.resolve().then(() =>
        runtime.install(() => iter().sum())
      ))
      .catch((error) => error);
    assert.ok(error instanceof CapturedVariableError);
    assert.equal(error.variable, "factor");
    assert.match(error.message, /map\(\(…, factor\) => …, factor\)/);
  });

  test(
    `A loop fails when one of its workers ends, ${form}`,
    async () => {
      await using runtime = await sharedRuntime(2);
      const here = shared(new Int32Array(1));
      const iter = parRange(0, 3).map((_item: number, here: Int32Array) => {
        const exit = globalThis as unknown as { leave?: () => void };
        if (exit.leave !== undefined) exit.leave();
        // The main thread waits until a worker has begun, and so will not come back.
        Atomics.wait(here, 0, 0);
        return 1;
      }, here);
      // Only on one worker; the other one continues.
      await runtime.spawnCompute(async (here: Int32Array) => {
        const { default: process } = await import("node:process");
        const scope = globalThis as unknown as { leave: () => void };
        scope.leave = () => {
          Atomics.store(here, 0, 1);
          Atomics.notify(here, 0);
          // Ends the worker without exit hooks; loom sees it in the list of threads.
          (scope as { Deno?: { exit(code: number): void } }).Deno?.exit(1);
          process.exit(1);
        };
      }, here);
      const outcome = form === "awaited"
        ? iter.sumAsync()
        : Promise.resolve().then(() => runtime.install(() => iter.sum()));
      await assert.rejects(outcome, WorkerLostError);
      // The replacement worker serves calls and helps.
      assert.equal(await parRange(0, 1_000).sumAsync(), 499_500);
    },
  );
}

test("Module tasks work as stages", async () => {
  await using runtime = await sharedRuntime(2);
  const expected = 45 + 10 * 1000;
  assert.equal(
    runtime.install(() => parRange(0, 10).map(addOffset).sum()),
    expected,
  );
  assert.equal(await parRange(0, 10).map(addOffset).sumAsync(), expected);
  const url = new URL("../fixtures/tasks/parallel.ts", import.meta.url).href;
  const byName = task<typeof addTwo>(url, "addTwo");
  assert.equal(await parRange(0, 10).map(byName).sumAsync(), 65);
  assert.throws(
    () => runtime.install(() => parRange(0, 10).map(byName).sum()),
    (error: Error) =>
      error instanceof InvalidTaskError &&
      /addTwo .*was not imported here.*Async/.test(error.message),
  );
});

test("Extra arguments are copied, and shared memory is passed by reference", async () => {
  await using runtime = await sharedRuntime(2);
  const cells = runtime.alloc(Int32Array, 1);
  const options = { by: 2 };
  const stage = (i: number, cells: Int32Array, options: { by: number }) => {
    Atomics.add(cells, 0, 1);
    return i * options.by++;
  };
  runtime.install(() => parRange(0, 10).map(stage, cells, options).count());
  assert.equal(cells[0], 10);
  assert.equal(options.by, 2);
  const bad = { by: 1, then: () => {} };
  assert.throws(
    () => runtime.install(() => parRange(0, 9).map(stage, cells, bad).count()),
    { name: "DataCloneError" },
  );
});

test("Parts of a reduction do not share the identity object", async () => {
  await using runtime = await sharedRuntime(2);
  const items = () => parRange(0, 1_000).map((n) => ({ n }));
  const add = (a: { n: number }, b: { n: number }) => {
    a.n += b.n;
    return a;
  };
  const zero = { n: 0 };
  const sum = runtime.install(() => items().reduce(zero, add));
  assert.deepEqual([sum, zero], [{ n: 499_500 }, { n: 0 }]);
  assert.deepEqual(await items().reduceAsync(zero, add), sum);
});

test("mapInPlace() changes its view only, and names an item that it cannot write", async () => {
  await using runtime = await sharedRuntime(2);
  const all = shared(new Float64Array(400_000).fill(1));
  const view = all.subarray(100_000, 350_000);
  // Far more items than in one leaf; and so few that there is only one.
  for (const part of [view, all.subarray(100_000, 100_010)]) {
    all.fill(1);
    runtime.install(() => parIter(part).mapInPlace((x) => x + 1));
    assert.equal(all.reduce((a, b) => a + b), all.length + part.length);
    assert.equal(part.reduce((a, b) => a + b), 2 * part.length);
    const last = part.length - 1;
    part[last] = NaN;
    const fail = (x: number) => x === x ? x : "no" as unknown as number;
    assert.throws(
      () => runtime.install(() => parIter(part).mapInPlace(fail)),
      new RegExp(`Cannot collect item ${last}:`),
    );
  }
});

test("Invalid operations throw with the reason", async () => {
  await using runtime = await sharedRuntime(2);
  const data = shared(Float64Array.of(1, 2, 3));
  runtime.install(() => {
    const filtered = parIter(data).filter((x) => x > 1);
    assert.throws(
      () => filtered.enumerate(),
      /Cannot enumerate here: a filter/,
    );
    assert.throws(
      () => filtered.mapInPlace((x) => x),
      /Cannot map in place/,
    );
    assert.throws(
      () => parIter(data).map((x) => String(x)).collect(Float64Array),
      /a Float64Array holds a number, got string/,
    );
    assert.throws(
      () => parIter(data).collectInto(new Float64Array(2)),
      RangeError,
    );
    const short = shared(new Float64Array(2));
    assert.throws(() => parIter(data).collectInto(short), RangeError);
    assert.throws(() => parIter(data).chunks(0), RangeError);
    assert.throws(() => parRange(0, 1, 0), RangeError);
  });
});

test("After shutdown() a running loop completes and no other starts", async () => {
  const runtime = await unpinned(2).build();
  const running = parRange(0, 100_000).map((x) => Math.sqrt(x)).countAsync();
  assert.ok(!runtime.isIdle());
  runtime.shutdown();
  assert.throws(() => runtime.install(() => {}), ShutdownError);
  await assert.rejects(parRange(0, 10).sumAsync(), ShutdownError);
  assert.equal(await running, 100_000);
  await runtime.waitForShutdown();
});

const LOOPS = sized(100, 2_000);

stressTest(
  `${LOOPS} loops without a turn of the event loop neither hang nor pile up`,
  async () => {
    await using runtime = await unpinned(2).computePoolSize(64).build();
    const data = shared(new Float64Array(20_000).fill(1));
    runtime.install(() => {
      for (let i = 0; i < LOOPS; i++) assert.equal(parIter(data).sum(), 20_000);
    });
    assert.ok(runtime.isIdle());
  },
);
