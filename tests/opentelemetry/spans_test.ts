import { context, propagation } from "@opentelemetry/api";
import { AlwaysOffSampler } from "@opentelemetry/sdk-trace-base";
import assert from "node:assert/strict";
import process from "node:process";
import {
  type LoomRuntime,
  move,
  parIter,
  report,
  scopeCompute,
} from "../../mod.ts";
import { LoomInstrumentation } from "../../lib/opentelemetry/mod.ts";
import {
  countMetrics,
  installOnWorker,
  installTelemetry,
  instrumentWorker,
  look,
  lookFar,
  lookLater,
  outer,
  type SpanRecord,
  takeSpans,
  uninstallTelemetry,
} from "../fixtures/tasks/telemetry.ts";
import { unpinned } from "../support/runtime.ts";
import { find, traced } from "../support/spans.ts";
import { test } from "../support/test.ts";

test("Spans of calls that workers make are children of those calls, across threads", async () => {
  await using runtime = await unpinned(2).setup(installOnWorker).build();
  const spans = await traced(async () => {
    await runtime.spawnCompute(outer);
    await Promise.all([1, 2].map(() => runtime.spawnCompute(outer)));
  });
  const all = [...spans, ...(await runtime.onEachWorker(takeSpans)).flat()];
  const root = find(all, "root");
  assert.deepEqual([...new Set(all.map(({ trace }) => trace))], [root.trace]);
  const childrenOf = ({ id }: SpanRecord) =>
    all.filter(({ parent }) => parent === id);
  const outers = childrenOf(root);
  assert.deepEqual(
    outers.map(({ name }) => name),
    Array(3).fill("compute outer"),
  );
  for (const span of outers) {
    const [call, ...others] = childrenOf(span);
    assert.deepEqual([call.name, others.length], ["compute inner", 0]);
    const [work] = childrenOf(call);
    assert.equal(work.name, "work");
    assert.ok(span.startMs <= call.startMs && call.endMs <= span.endMs + 1);
  }
  assert.equal(all.length, 10);
  // Workers do not go on by themselves.
  await runtime.spawnCompute(outer);
  const later = (await runtime.onEachWorker(takeSpans)).flat();
  assert.deepEqual(later.map(({ name }) => name), ["work"]);
});

test("A worker that its setup() instruments makes each span once, and reports no metrics", async () => {
  await using runtime = await unpinned(2).setup(instrumentWorker).build();
  const spans = await traced(() => runtime.spawnCompute(outer));
  const [counts, there] = await Promise.all([
    runtime.onEachWorker(countMetrics),
    runtime.onEachWorker(takeSpans),
  ]);
  assert.deepEqual(counts, [0, 0]);
  const names = [...spans, ...there.flat()].map(({ name }) => name);
  assert.deepEqual(names.toSorted(), [
    "compute inner",
    "compute outer",
    "root",
    "work",
  ]);
});

test("A span says where and when a worker ran the call, and what came of it", async () => {
  await using runtime = await unpinned(1).build();
  const wait = async (words: Int32Array) => {
    await Atomics.waitAsync(words, 0, 0).value;
  };
  function fail(text: string): never {
    throw new RangeError(text);
  }
  const spans = await traced(async () => {
    await runtime.spawnCompute(look);
    await assert.rejects(runtime.spawnCompute(fail, "why"), RangeError);
    const abort = new AbortController();
    const words = new Int32Array(new SharedArrayBuffer(4));
    const calls = runtime.with({ signal: abort.signal });
    const cancelled = calls.spawnCompute(wait, words);
    abort.abort();
    await assert.rejects(cancelled, { name: "AbortError" });
    Atomics.store(words, 0, 1);
    Atomics.notify(words, 0);
    function late() {
      for (;;);
    }
    const timed = runtime.with({ timeoutMs: 20, graceMs: 0 });
    await assert.rejects(timed.spawnCompute(late), { name: "TimeoutError" });
    function die() {
      process.exit(3);
    }
    await assert.rejects(runtime.spawnCompute(die), {
      name: "WorkerLostError",
    });
  });
  const root = find(spans, "root");
  for (const { parent } of spans.slice(0, -1)) assert.equal(parent, root.id);
  const { attributes, status, events, ...times } = find(spans, "compute look");
  assert.equal(status, 0);
  assert.equal(attributes["loom.outcome"], "ok");
  assert.equal(attributes["code.function.name"], "look");
  assert.match(`${attributes["code.file.path"]}`, /^\/.*tasks\/telemetry\.ts$/);
  assert.equal(attributes["thread.name"], "test-compute-0000");
  assert.ok((attributes["thread.id"] as number) !== process.pid);
  const [[begun, beginMs], [ended, endMs]] = events;
  assert.deepEqual([begun, ended], ["loom.run.start", "loom.run.end"]);
  assert.ok(times.startMs <= beginMs && beginMs <= endMs);
  assert.ok(endMs <= times.endMs);
  const seconds = attributes["loom.run.duration"] as number;
  assert.ok(Math.abs(seconds * 1000 - (endMs - beginMs)) < 0.01);
  const failed = find(spans, "compute fail");
  assert.deepEqual(
    [failed.status, failed.attributes["error.type"], failed.events[2][0]],
    [2, "RangeError", "exception"],
  );
  const outcomes = spans.slice(2, -1).map(({ attributes, status }) => [
    attributes["loom.outcome"],
    status,
  ]);
  assert.deepEqual(outcomes, [["cancelled", 0], ["timeout", 2], ["lost", 2]]);
});

test("A task sees its call's span and the baggage, on workers without a provider, too", async () => {
  await using runtime = await unpinned(2).asyncThreads(2).build();
  let seen: Awaited<ReturnType<typeof lookLater>>[] = [];
  const spans = await traced(async () => {
    const bag = propagation.createBaggage({ user: { value: "ada" } });
    const active = propagation.setBaggage(context.active(), bag);
    await context.with(active, async () => {
      seen = await Promise.all([
        runtime.spawnCompute(look),
        runtime.spawnCompute(lookLater, 1, "two"),
        runtime.spawnAsync(lookLater),
        runtime.with({ priority: "high", key: "k" }).spawnCompute(lookFar),
        runtime.computePool.spawn(look),
        // The first one waits in the event loop of the worker until the object has arrived.
        runtime.spawnCompute(lookLater, move(new MessageChannel().port1)),
        runtime.spawnAsync(async () => {
          await Promise.resolve();
          return look();
        }),
        ...await runtime.onEachWorker(look),
      ]);
    });
  });
  const { trace } = find(spans, "root");
  assert.equal(seen.length, 9);
  for (const each of seen) {
    assert.deepEqual([each.trace, each.user, each.flags], [trace, "ada", 1]);
    assert.ok(spans.some(({ id }) => id === each.span));
  }
  assert.equal(seen.filter(({ worker }) => worker === undefined).length, 1);
  assert.equal(new Set(seen.map(({ span }) => span)).size, 9);
  // Outside of a traced call nothing is left of it.
  const after = await runtime.spawnCompute(look);
  assert.deepEqual([after.trace, after.user], [undefined, undefined]);
});

test("An operation with many calls has one span, which its tasks see", async () => {
  await using runtime = await unpinned(2).build();
  const items = [1, 2, 3, 4, 5];
  let seen: { readonly span: string | undefined }[] = [];
  const spans = await traced(async () => {
    seen = await Array.fromAsync(runtime.computeMap(items, lookLater));
    const options = { batch: 2, args: ["more"] } as const;
    const batches = runtime.computeMap(items, lookLater, options);
    seen.push(...await Array.fromAsync(batches));
    function* count(end: number) {
      for (let i = 0; i < end; i++) yield i;
    }
    for await (const _ of runtime.computeStream(count, 3));
    function double(n: number): number {
      return n * 2;
    }
    // Short items, which share calls.
    const many = Array.from({ length: 500 }, (_, i) => i);
    for await (const _ of runtime.computeMap(many, double));
    runtime.install(() => parIter(items).map(double).toArray());
    await runtime.install(() => parIter(items).map(double).sumAsync());
    function tell(n: number): number {
      report(n);
      return n;
    }
    await runtime.with({ onProgress() {} }).spawnCompute(tell, 1);
    await runtime.install(() =>
      scopeCompute(async (scope) => await scope.spawn(double, 4), {
        signal: new AbortController().signal,
      })
    );
  });
  const shown = spans.map(({ name, attributes }) => [
    name,
    attributes["loom.items"],
  ]);
  assert.deepEqual(shown, [
    ["computeMap lookLater", 5],
    ["computeMap lookLater", 5],
    ["computeStream count", 3],
    ["computeMap double", 500],
    ["parallel double", 5],
    ["parallel double", 5],
    ["compute tell", undefined],
    ["compute double", undefined],
    ["root", undefined],
  ]);
  const ids = seen.map(({ span }) => span);
  const [one, two] = spans.map(({ id }) => id);
  assert.deepEqual(ids, [...Array(5).fill(one), ...Array(5).fill(two)]);
});

test("A mapping that fails, or is left, ends its span", async () => {
  await using runtime = await unpinned(1).build();
  function check(n: number): number {
    if (n === 2) throw new RangeError("two");
    return n;
  }
  const spans = await traced(async () => {
    const failing = Array.fromAsync(runtime.computeMap([1, 2, 3], check));
    await assert.rejects(failing, RangeError);
    for await (const _ of runtime.computeMap([1, 3, 4], check)) break;
  });
  const shown = spans.slice(0, 2).map(({ attributes, status }) => [
    attributes["loom.outcome"],
    attributes["loom.items"],
    status,
  ]);
  assert.deepEqual(shown, [["error", 1, 2], ["ok", 1, 0]]);
});

test("A call that is not sampled is not in the tasks either, and one without a provider is plain", async () => {
  await using runtime = await unpinned(1).build();
  const instrumentation = new LoomInstrumentation();
  const withoutProvider = await runtime.spawnCompute(look);
  assert.deepEqual(withoutProvider.trace, undefined);
  installTelemetry(new AlwaysOffSampler());
  const seen = await runtime.spawnCompute(look);
  assert.equal(seen.trace?.length, 32);
  assert.equal(seen.flags, 0);
  for await (const { flags } of runtime.computeMap([1, 2], lookLater)) {
    assert.equal(flags, 0);
  }
  assert.deepEqual(takeSpans(), []);
  instrumentation.disable();
  uninstallTelemetry();
});

test("Each outcome of an observed call is counted as that of its own function", async () => {
  await using runtime = await unpinned(2).build();
  function work(n: number): number {
    if (n < 10) throw new RangeError("small");
    return n;
  }
  const calls = async () => {
    const numbers = Array.from({ length: 2000 }, (_, n) => n);
    await Promise.allSettled(numbers.map((n) => runtime.spawnCompute(work, n)));
  };
  const spans = await traced(calls);
  assert.equal(spans.length, 2001);
  assert.equal(spans.filter(({ status }) => status === 2).length, 10);
  // Each is timed, not only those of a sample.
  const times = spans.slice(0, -1).map(({ attributes }) =>
    attributes["loom.run.duration"]
  );
  assert.ok(times.every((time) => (time as number) > 0));
  const [task] = runtime.metrics().tasks;
  assert.deepEqual([task.name, task.runs, task.failed], ["work", 2000, 10]);
  assert.equal(settledOf(runtime), 2000);
  // Plain again.
  assert.equal(runtime.observers.current, undefined);
  await calls();
  assert.equal(settledOf(runtime), 4000);
});

function settledOf(runtime: LoomRuntime): number {
  return runtime.metrics().threads[0].settledCalls;
}
