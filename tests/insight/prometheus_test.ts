import assert from "node:assert/strict";
import parse from "parse-prometheus-text-format";
import { prometheusText } from "../../lib/insight/mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** One name, as the parser returns it. */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly metrics: readonly {
    readonly value?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly buckets?: Readonly<Record<string, string>>;
    readonly count?: string;
    readonly sum?: string;
  }[];
}

test("A scrape parses, and says what metrics() says", async () => {
  await using runtime = await unpinned(2).build();
  const odd = (text: string) => text === '"\\\n';
  for (let n = 0; n < 20; n++) await runtime.spawnCompute(odd, "x");
  const text = prometheusText(runtime);
  const families: readonly Family[] = parse(text);
  const metrics = runtime.metrics();
  const find = (wanted: string) => {
    const family = families.find(({ name }) => name === wanted);
    assert.ok(family !== undefined, wanted);
    return family;
  };
  for (const { name, help, type } of families) {
    assert.match(name, /^loom_[a-z_]+$/);
    assert.notEqual(help, "");
    assert.equal(type === "COUNTER", name.endsWith("_total"), name);
  }
  assert.equal(families.length, new Set(families.map(({ name }) => name)).size);
  assert.equal(families.length, text.match(/^# TYPE /gm)!.length);
  const runs = find("loom_runs_total").metrics;
  assert.deepEqual(
    runs.map(({ labels }) => labels!.thread),
    metrics.threads.map(({ name }) => name),
  );
  const sum = runs.reduce((sum, { value }) => sum + Number(value), 0);
  assert.equal(sum, 20);
  assert.equal(find("loom_task_runs_total").metrics[0].value, "20");
  const [{ count, buckets }] = find("loom_call_seconds").metrics;
  assert.equal(Number(count), metrics.latency.count);
  assert.equal(buckets!["+Inf"], count);
  assert.ok(Number(count) > 0);
  // The parser loses labels of histograms.
  const labelled = prometheusText(runtime, { of: 'a"b\\c\nd' });
  const [{ metrics: [first] }]: readonly Family[] = parse(labelled);
  assert.deepEqual(first.labels, {
    of: 'a"b\\c\nd',
    thread: metrics.threads[0].name,
  });
});
