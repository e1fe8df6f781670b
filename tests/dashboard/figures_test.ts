import assert from "node:assert/strict";
import {
  age,
  bytes,
  count,
  duration,
  percent,
} from "../../lib/dashboard/format.js";
import {
  areaPath,
  linePath,
  nearest,
  places,
  roundUp,
  roundUpBytes,
  timeTicks,
} from "../../lib/dashboard/lines.js";
import { sorted } from "../../lib/dashboard/table.js";
import { test } from "../support/test.ts";

test("Figures have three digits and a fitting unit", () => {
  assert.deepEqual(
    [0, 0.25, 9.876, 123.4, 999.7, 12_345, 4_560_000].map(count),
    ["0", "0.25", "9.88", "123", "1k", "12.3k", "4.56M"],
  );
  assert.deepEqual(
    [0, 0.000_64, 0.0123, 4.56, 1_200, 150_000, 9_000_000].map(duration),
    ["0", "640 ns", "12.3 µs", "4.56 ms", "1.2 s", "2.5 min", "2.5 h"],
  );
  assert.deepEqual([0, 1_536, 32_716_800].map(bytes), [
    "0 B",
    "1.5 KiB",
    "31.2 MiB",
  ]);
  assert.deepEqual([0, 0.001, 0.426, 1].map(percent), [
    "0%",
    "<1%",
    "43%",
    "100%",
  ]);
  assert.deepEqual([0, 59_999, 60_000, 200_000, 187_200_000].map(age), [
    "0 s",
    "59 s",
    "1 min",
    "3 min 20 s",
    "2 d 4 h",
  ]);
});

test("Scales end at round figures", () => {
  assert.deepEqual([0, 0.3, 1, 1.1, 21, 500, 501].map(roundUp), [
    1,
    0.5,
    1,
    2,
    50,
    500,
    1_000,
  ]);
  assert.equal(roundUpBytes(3 * 2 ** 20), 4 * 2 ** 20);
  assert.deepEqual(timeTicks(-65_000, 0, 5).times, [
    -60_000,
    -45_000,
    -30_000,
    -15_000,
    0,
  ]);
});

test("No line leads over a gap", () => {
  const points = [
    { timeMs: 0, afterGap: false, value: 0 },
    { timeMs: 500, afterGap: false, value: 5 },
    { timeMs: 1_000, afterGap: true, value: 20 },
  ];
  const scale = { endMs: 1_000, spanMs: 1_000, max: 10 };
  const all = places(points, ({ value }) => value, scale);
  assert.equal(linePath(all), "M0.0 100.00L500.0 50.00M1000.0 0.00");
  assert.equal(areaPath(all).split("Z").length, 3);
  assert.equal(nearest(points, 700), 1);
  assert.equal(nearest([], 700), -1);
});

test("Rows are sorted by figures or, where there are none, by words with numbers", () => {
  const rows = [["w10", 2], ["w9", 30]].map(([name, runs]) => ({ name, runs }));
  const byName = { title: "", text: (row: typeof rows[0]) => String(row.name) };
  const byRuns = { ...byName, order: (row: typeof rows[0]) => row.runs };
  assert.deepEqual(sorted(rows, byName, false).map(({ name }) => name), [
    "w9",
    "w10",
  ]);
  assert.deepEqual(sorted(rows, byRuns, false).map(({ name }) => name), [
    "w10",
    "w9",
  ]);
});
