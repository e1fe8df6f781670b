import assert from "node:assert/strict";
import {
  bucketEndMs,
  bucketOf,
  Histogram,
  HISTOGRAM_BUCKETS,
  HISTOGRAM_FLOATS,
} from "../../lib/bridge/histogram.ts";
import { TimeHistogram } from "../../lib/metrics/time_histogram.ts";
import { test } from "../support/test.ts";

test("Each time is in the bucket that ends behind it", () => {
  assert.deepEqual([bucketOf(0), bucketOf(-1), bucketOf(NaN)], [0, 0, 0]);
  for (let bucket = 0; bucket < HISTOGRAM_BUCKETS - 1; bucket++) {
    const endMs = bucketEndMs(bucket);
    assert.equal(bucketOf(endMs), bucket + 1);
    assert.equal(bucketOf(endMs * (1 - 1e-9)), bucket);
  }
  assert.equal(bucketOf(1e9), HISTOGRAM_BUCKETS - 1);
  assert.equal(bucketEndMs(HISTOGRAM_BUCKETS - 1), Infinity);
});

test("A percentile is at most one bucket too high", () => {
  const floats = new Float64Array(HISTOGRAM_FLOATS);
  const histogram = new Histogram(floats);
  for (let n = 1; n <= 1000; n++) histogram.add(n / 10, 2);
  const times = TimeHistogram.of([floats]);
  assert.deepEqual([times.count, times.maxMs], [2000, 100]);
  assert.ok(Math.abs(times.meanMs - 50.05) < 1e-6);
  for (const percent of [1, 50, 90, 99]) {
    const ratio = times.percentile(percent) / percent;
    assert.ok(ratio >= 0.999 && ratio <= 1.07, `p${percent}: ${ratio}`);
  }
  assert.equal(times.percentile(100), 100);
  assert.equal(
    times.countBelow(64),
    times.buckets()
      .filter(({ endMs }) => endMs <= 64)
      .reduce((sum, { count }) => sum + count, 0),
  );
  histogram.add(1000, 1);
  assert.equal(TimeHistogram.of([floats]).since(times).count, 1);
});
