import assert from "node:assert/strict";
import {
  join,
  joinAsync,
  parRange,
  scope,
  scopeCompute,
  shared,
} from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const CALLS = sized(100, 500);

const failing = (n: number): never => {
  throw new RangeError(`call ${n}`);
};

const add = (n: number, cells: Int32Array) => Atomics.add(cells, 0, n);

for (const workers of [1, 3]) {
  test(
    `join() nests and returns both results, ${workers} workers`,
    async () => {
      await using runtime = await sharedRuntime(workers);
      const fib = function fib(n: number, source: string): number {
        if (n < 2) return n;
        const self = new Function("join", `return ${source}`)(join);
        const [a, b] = join([self, n - 1, source], [self, n - 2, source]);
        return a as number + (b as number);
      };
      const source = fib.toString();
      assert.equal(runtime.install(() => fib(12, source)), 144);
      const plus = (a: number, b: number) => a + b;
      assert.deepEqual(await joinAsync([plus, 1, 2], [() => undefined]), [
        3,
        undefined,
      ]);
      const both = () => join([failing, 1], [failing, 2]);
      assert.throws(() => runtime.install(both), { message: "call 1" });
      await assert.rejects(joinAsync([() => 1], [failing, 2]), {
        message: "call 2",
      });
    },
  );

  stressTest(
    `A scope ends after all its calls, ${workers} workers`,
    async () => {
      await using runtime = await sharedRuntime(workers);
      const cells = shared(new Int32Array(1));
      const before = runtime.install(() => {
        const calls = scope((s) =>
          Array.from({ length: CALLS }, (_, n) => {
            const call = s.spawn((n: number) => parRange(0, n).count(), n);
            s.spawn(add, n, cells);
            return call;
          })
        );
        return calls.map((call) => call.value);
      });
      assert.deepEqual(before, Array.from({ length: CALLS }, (_, n) => n));
      assert.equal(cells[0], CALLS * (CALLS - 1) / 2);
    },
  );

  test(`The first error of a scope holds the others, ${workers} workers`, async () => {
    await using runtime = await sharedRuntime(workers);
    const cells = shared(new Int32Array(1));
    const failed = () =>
      scope((s) => {
        s.spawn(failing, 1);
        s.spawn(add, 5, cells);
        s.spawn(failing, 2);
      });
    const check = (error: RangeError & { suppressed: Error[] }) => {
      assert.equal(error.message, "call 1");
      assert.deepEqual(error.suppressed.map(({ message }) => message), [
        "call 2",
      ]);
      return true;
    };
    assert.throws(() => runtime.install(failed), check);
    assert.equal(cells[0], 5);
    await assert.rejects(
      scopeCompute((s) => {
        s.spawn(failing, 1);
        s.spawn(add, 5, cells);
        s.spawn(failing, 2);
      }),
      check,
    );
    assert.equal(cells[0], 10);
  });
}

test("A scope whose function throws waits for its calls", async () => {
  await using runtime = await sharedRuntime(3);
  const cells = shared(new Int32Array(1));
  const broken = () =>
    scope((s) => {
      for (let i = 0; i < 50; i++) s.spawn(add, 1, cells);
      throw new Error("scope");
    });
  assert.throws(() => runtime.install(broken), { message: "scope" });
  assert.equal(cells[0], 50);
  await assert.rejects(
    scopeCompute((s) => {
      for (let i = 0; i < 50; i++) s.spawn(add, 1, cells);
      throw new Error("scope");
    }),
    { message: "scope" },
  );
  assert.equal(cells[0], 100);
});

test("An aborted scope spawns no more calls, drops those that wait and waits for the others", async () => {
  await using runtime = await sharedRuntime(3);
  const cells = shared(new Int32Array(1));
  const abort = new AbortController();
  const outcome = scopeCompute(async (s) => {
    for (let i = 0; i < 50; i++) s.spawn(add, 1, cells);
    abort.abort(new Error("enough"));
    assert.throws(() => s.spawn(add, 1000, cells), { message: "enough" });
    await Promise.resolve();
  }, { signal: abort.signal });
  await assert.rejects(outcome, { message: "enough" });
  const started = cells[0];
  assert.ok(started <= 50, `${started}`);
  assert.ok(runtime.isIdle());
  await Promise.all(
    Array.from({ length: 10 }, () => runtime.spawnCompute(() => {})),
  );
  assert.equal(cells[0], started);
});

test("A scope waits for calls that reactions to its last calls spawn", async () => {
  await using runtime = await sharedRuntime(3);
  const cells = shared(new Int32Array(1));
  await scopeCompute((s) => {
    s.spawn(add, 1, cells)
      .then(() => s.spawn(add, 10, cells))
      .then(() => s.spawn(add, 100, cells));
  });
  assert.ok(runtime.isIdle());
  assert.equal(cells[0], 111);
});

test("spawn() throws when the scope has ended", async () => {
  await using runtime = await sharedRuntime(3);
  runtime.install(() => {
    const late = scope((s) => s);
    assert.throws(() => late.spawn(failing, 1), /its scope has ended/);
    scope((s) => {
      const call = s.spawn((n: number) => n, 1);
      assert.throws(() => call.value, /its scope has not ended/);
    });
  });
  const late = await scopeCompute((s) => s);
  assert.throws(() => late.spawn(failing, 1), /its scope has ended/);
});
