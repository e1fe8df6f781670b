import assert from "node:assert/strict";
import {
  computeMap,
  currentRuntime,
  type LoomRuntime,
  parRange,
  spawnCompute,
  tryCurrentRuntime,
} from "../../mod.ts";
import { isInsideTask } from "../../lib/runtime_context.ts";
import { Latch } from "../support/latch.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const LIMIT = { timeoutMs: 20_000 };

function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** Builds two runtimes: the second is the current one wherever none is installed. */
async function withTwo(
  use: (first: LoomRuntime, second: LoomRuntime) => Promise<void>,
): Promise<void> {
  await using first = await unpinned(1).build();
  await using second = await unpinned(1).build();
  await use(first, second);
  assert.equal(currentRuntime(), second);
}

/** Reports the current runtime after each kind of wait. */
async function seenAcrossAwaits(): Promise<LoomRuntime[]> {
  const seen = [currentRuntime()];
  await Promise.resolve();
  seen.push(currentRuntime());
  await turn();
  seen.push(currentRuntime());
  await spawnCompute((n: number) => n * 2, 21);
  seen.push(currentRuntime());
  await parRange(0, 100).sumAsync();
  seen.push(currentRuntime());
  await new Promise<void>((resolve) => queueMicrotask(resolve));
  seen.push(currentRuntime());
  return [...seen, ...await seenInCallbacks()];
}

/** Reports the current runtime in what timers, promises and streams call. */
async function seenInCallbacks(): Promise<LoomRuntime[]> {
  const seen: LoomRuntime[] = [];
  const see = () => void seen.push(currentRuntime());
  const callers: ((callback: () => void) => unknown)[] = [
    queueMicrotask,
    (callback) => setTimeout(callback, 1),
    (callback) => {
      const timer = setInterval(() => {
        clearInterval(timer);
        callback();
      }, 1);
    },
    (callback) => Promise.resolve().then(callback),
    (callback) => Promise.reject(new Error()).catch(callback),
    (callback) => spawnCompute((n: number) => n, 1).finally(callback),
  ];
  for (const call of callers) {
    await new Promise<void>((resolve) =>
      call(() => {
        see();
        resolve();
      })
    );
  }
  assert.equal(seen.length, callers.length);
  async function* source() {
    for (let n = 0; n < 100; n++) {
      see();
      yield await Promise.resolve(n);
      see();
    }
  }
  for await (const _ of computeMap(source(), (n) => n)) see();
  return seen;
}

test(
  "tryCurrentRuntime() returns what currentRuntime() does, or undefined",
  async () => {
    assert.equal(tryCurrentRuntime(), undefined);
    await withTwo(async (first, second) => {
      assert.equal(tryCurrentRuntime(), second);
      assert.equal(first.install(() => tryCurrentRuntime()), first);
      const onWorker = await first.spawnCompute(() =>
        tryCurrentRuntime() === currentRuntime()
      );
      assert.equal(onWorker, true);
    });
    assert.equal(tryCurrentRuntime(), undefined);
  },
  LIMIT,
);

test("install() with an asynchronous function keeps its runtime", async () => {
  await withTwo(async (first, second) => {
    const latch = new Latch();
    const installed = (runtime: LoomRuntime) =>
      runtime.install(async () => {
        const seen = await seenAcrossAwaits();
        await latch.wait();
        return [...seen, currentRuntime()];
      });
    const runs = [installed(first), installed(second), installed(first)];
    latch.open();
    const [a, b, c] = await Promise.all(runs);
    for (const seen of [...a, ...c]) assert.equal(seen, first);
    for (const seen of b) assert.equal(seen, second);
  });
}, LIMIT);

test(
  "install() with a synchronous function ends when it returns or throws",
  async () => {
    await withTwo((first, second) => {
      const seen = first.install(() => [
        currentRuntime(),
        second.install(() => currentRuntime()),
        currentRuntime(),
      ]);
      assert.deepEqual(seen.map((runtime) => runtime === first), [
        true,
        false,
        true,
      ]);
      assert.throws(() =>
        first.install(() => {
          throw new RangeError("inside");
        }), RangeError);
      assert.equal(currentRuntime(), second);
      return Promise.resolve();
    });
  },
  LIMIT,
);

test("spawnAsync() with a plain function keeps its runtime", async () => {
  await withTwo(async (first, second) => {
    const runs = [
      first.spawnAsync(seenAcrossAwaits),
      second.spawnAsync(seenAcrossAwaits),
      first.asyncHandle.spawn(seenAcrossAwaits),
    ];
    const [a, b, c] = await Promise.all(runs);
    for (const seen of [...a, ...c]) assert.equal(seen, first);
    for (const seen of b) assert.equal(seen, second);
  });
}, LIMIT);

test(
  "The current runtime of a worker stays its own across awaits",
  async () => {
    await using runtime = await unpinned(1).build();
    const seen = await runtime.spawnCompute(async () => {
      const own = currentRuntime();
      return await own.install(async () => {
        await new Promise((resolve) => setTimeout(resolve));
        const spawned = await own.spawnAsync(async () => {
          await Promise.resolve();
          return currentRuntime() === own;
        });
        return [currentRuntime() === own, spawned];
      });
    });
    assert.deepEqual(seen, [true, true]);
  },
  LIMIT,
);

test(
  "isInsideTask() holds for a tracked task and what it calls, until it ends",
  async () => {
    await withTwo(async (first, second) => {
      assert.equal(isInsideTask(first), false);
      const ended = new Latch();
      let later: Promise<boolean> | undefined;
      const seen = await first.spawnAsync(async () => {
        const before = isInsideTask(first);
        await turn();
        later = ended.wait().then(() => isInsideTask(first));
        return [
          before,
          isInsideTask(first),
          isInsideTask(second),
          second.install(() => isInsideTask(first)),
          await second.asyncHandle.spawn(() => isInsideTask(first)),
          await second.spawnAsync(() =>
            isInsideTask(first) && isInsideTask(second)
          ),
        ];
      });
      assert.deepEqual(seen, [true, true, false, true, true, true]);
      assert.equal(isInsideTask(first), false);
      ended.open();
      assert.equal(await later, false, "what a task leaves behind");
      const untracked = await first.asyncHandle.spawn(() =>
        isInsideTask(first)
      );
      assert.equal(untracked, false, "an untracked task");
      assert.equal(
        first.install(() => isInsideTask(first)),
        false,
        "install()",
      );
      await assert.rejects(
        first.spawnAsync(() => {
          later = ended.wait().then(() => isInsideTask(first));
          throw new RangeError("inside");
        }),
        RangeError,
      );
      assert.equal(await later, false, "what a failed task leaves behind");
    });
  },
  LIMIT,
);

test(
  "A task inside another one: the outer one counts while it runs",
  async () => {
    await using runtime = await unpinned(1).build();
    const innerEnded = new Latch();
    const outerEnded = new Latch();
    let afterInner: Promise<boolean> | undefined;
    let afterOuter: Promise<boolean> | undefined;
    await runtime.spawnAsync(async () => {
      await runtime.spawnAsync(() => {
        afterInner = innerEnded.wait().then(() => isInsideTask(runtime));
        afterOuter = outerEnded.wait().then(() => isInsideTask(runtime));
      });
      innerEnded.open();
      assert.equal(await afterInner, true);
    });
    outerEnded.open();
    assert.equal(await afterOuter, false);
  },
  LIMIT,
);
