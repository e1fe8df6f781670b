import assert from "node:assert/strict";
import type { LoomBuilder, LoomRuntime } from "../../mod.ts";
import { runtimeOfFile } from "./file_runtime.ts";
import { afterAll, test } from "./test.ts";

/** Stands for a runtime, and records what is done with it. */
class FakeRuntime {
  isBusy = false;
  hasEnded = false;
  readonly config: { readonly computeThreads: number };

  constructor(computeThreads: number) {
    this.config = { computeThreads };
  }

  isIdle(): boolean {
    return !this.isBusy;
  }

  blockUntilIdle(): Promise<void> {
    this.hasEnded = true;
    return Promise.resolve();
  }
}

const sharedRuntime = runtimeOfFile((computeThreads) => {
  const build = () => Promise.resolve(new FakeRuntime(computeThreads));
  return { build } as unknown as LoomBuilder;
});

let endedCount = 0;
// Fails the first test when it runs too early.
afterAll(() => assert.equal(endedCount, 3));

function fakeOf(runtime: LoomRuntime): FakeRuntime {
  return runtime as unknown as FakeRuntime;
}

test("runtimeOfFile() gives one runtime again until another size is needed", async () => {
  const given: FakeRuntime[] = [];
  for (const size of [1, 1, 2]) {
    await using runtime = await sharedRuntime(size);
    given.push(fakeOf(runtime));
  }
  assert.equal(given[0], given[1]);
  assert.notEqual(given[1], given[2]);
  assert.deepEqual(given.map(({ hasEnded }) => hasEnded), [true, true, false]);
  endedCount++;
});

test("runtimeOfFile() waits at the end of a test until the runtime is idle", async () => {
  const runtime = await sharedRuntime(1);
  fakeOf(runtime).isBusy = true;
  let hasEnded = false;
  const end = runtime[Symbol.asyncDispose]().then(() => hasEnded = true);
  await new Promise((go) => setTimeout(go));
  assert.ok(!hasEnded);
  fakeOf(runtime).isBusy = false;
  await end;
  assert.ok(!fakeOf(runtime).hasEnded);
  endedCount++;
});

test("runtimeOfFile() gives another runtime while a test that hung has the first", async () => {
  const hung = await sharedRuntime(1);
  const next = await sharedRuntime(1);
  assert.notEqual(next, hung);
  // It ends late, and must not make the other one free.
  await hung[Symbol.asyncDispose]();
  assert.notEqual(await sharedRuntime(1), next);
  endedCount++;
});
