import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  type MetricData,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import assert from "node:assert/strict";
import { LoomInstrumentation } from "../../lib/opentelemetry/mod.ts";
import type { RuntimeMetrics, ThreadMetrics } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

/** A provider, and what reads all its metrics. */
function newProvider() {
  const exporter = new InMemoryMetricExporter(
    AggregationTemporality.CUMULATIVE,
  );
  const reader = new PeriodicExportingMetricReader({ exporter });
  const provider = new MeterProvider({ readers: [reader] });
  const read = async (): Promise<Map<string, MetricData>> => {
    exporter.reset();
    await provider.forceFlush();
    const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) =>
      scopeMetrics.flatMap(({ metrics }) => metrics)
    );
    return new Map(metrics.map((data) => [data.descriptor.name, data]));
  };
  return { provider, read };
}

function sum({ threads }: RuntimeMetrics, of: (t: ThreadMetrics) => number) {
  return threads.reduce((sum, thread) => sum + of(thread), 0);
}

function total(data: MetricData | undefined): number {
  assert.ok(data !== undefined && data.dataPointType === DataPointType.SUM);
  return data.dataPoints.reduce((sum, { value }) => sum + value, 0);
}

test("Observable instruments say what metrics() says, when they are collected", async () => {
  const { provider, read } = newProvider();
  const instrumentation = new LoomInstrumentation({ spans: false });
  instrumentation.setMeterProvider(provider);
  await using runtime = await unpinned(2).build();
  function work(n: number): number {
    if (n < 3) throw new RangeError("small");
    return n;
  }
  const numbers = Array.from({ length: 100 }, (_, n) => n);
  await Promise.allSettled(numbers.map((n) => runtime.spawnCompute(work, n)));
  const read1 = await read();
  const metrics = runtime.metrics();
  const settled = sum(metrics, ({ settledCalls }) => settledCalls);
  assert.deepEqual([total(read1.get("loom.calls")), settled], [100, 100]);
  assert.equal(total(read1.get("loom.runs")), 100);
  assert.equal(total(read1.get("loom.runs.failed")), 3);
  assert.equal(total(read1.get("loom.calls.in_flight")), 0);
  const { descriptor, dataPoints } = read1.get("loom.task.runs")!;
  assert.deepEqual(
    [descriptor.unit, descriptor.description],
    ["{run}", "Runs of the function."],
  );
  assert.deepEqual(
    dataPoints.map(({ attributes, value }) => [attributes, value]),
    [
      [{ "loom.runtime": "test", "code.function.name": "work" }, 100],
    ],
  );
  const points = read1.get("loom.latency")!.dataPoints;
  const quantiles = points.map(({ attributes }) => attributes["loom.quantile"]);
  assert.deepEqual(quantiles, [0.5, 0.9, 0.99, 1]);
  const seconds = points.map(({ value }) => value as number);
  assert.deepEqual(seconds, seconds.toSorted((a, b) => a - b));
  assert.ok(seconds[0] > 0);
  for (const { descriptor } of read1.values()) {
    assert.match(descriptor.name, /^loom(\.[a-z_]+)+$/);
    assert.notEqual(descriptor.description, "");
    assert.match(descriptor.unit, /^(\{[a-z]+\}|s|By)$/);
  }
  instrumentation.disable();
  await runtime.spawnCompute(work, 5);
  // The SDK reports the last values again.
  assert.equal(total((await read()).get("loom.calls")), 100);
  await provider.shutdown();
});

test("Histograms record each call where they are wanted", async () => {
  const { provider, read } = newProvider();
  const instrumentation = new LoomInstrumentation({
    durations: true,
    enabled: false,
  });
  instrumentation.setMeterProvider(provider);
  instrumentation.enable();
  await using runtime = await unpinned(1).build();
  const pause = (ms: number) => {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  };
  await Promise.all([20, 20].map((ms) => runtime.spawnCompute(pause, ms)));
  const metrics = await read();
  const histogram = (name: string) => {
    const data = metrics.get(name);
    assert.ok(data?.dataPointType === DataPointType.HISTOGRAM);
    return data.dataPoints[0].value;
  };
  const [call, queue, run] = ["", "queue.", "run."].map((part) =>
    histogram(`loom.call.${part}duration`)
  );
  assert.deepEqual([call.count, queue.count, run.count], [2, 2, 2]);
  assert.ok(run.min! >= 0.0195);
  // Clocks of two threads differ by less than that.
  assert.ok(call.sum! > queue.sum! + run.sum! - 1e-4);
  instrumentation.disable();
  await provider.shutdown();
});
