import assert from "node:assert/strict";
import {
  type BarVerdict,
  isUnmet,
  judgeBars,
} from "../../bench/check/bar_verdicts.ts";
import { BARS } from "../../bench/check/bars.ts";
import { barTable, verdictTable } from "../../bench/check/tables.ts";
import {
  isFailure,
  judge,
  updated,
  type Verdict,
} from "../../bench/check/verdicts.ts";
import { nameOf, WATCHED } from "../../bench/check/watched.ts";
import { loadBenchmark } from "../../bench/benchmarks.ts";
import { test } from "../support/test.ts";
import { resultOf } from "./results.ts";

const RATIO = { benchmark: "latency", figure: "p50", to: "postMessage" };
const NAME = "latency p50 / postMessage";

function verdictFor(
  loom: Record<string, number[]> | string,
  other: Record<string, number[]> | string,
  stored?: number,
): Verdict {
  const results = [resultOf("latency", { loom, postMessage: other })];
  const [verdict] = judge(
    [RATIO],
    results,
    stored === undefined ? {} : { [NAME]: stored },
  );
  return verdict;
}

const cases: [loomUs: number, kind: Verdict["kind"], fails: boolean][] = [
  [10, "as before", false],
  [14.9, "as before", false],
  [15.1, "worse", true],
  [6.5, "better", false],
];
for (const [loomUs, kind, fails] of cases) {
  test(`A ratio of ${loomUs / 100}, stored as 0.1, is ${kind}`, () => {
    // Slow rounds change nothing.
    const loom = { p50: [3 * loomUs, loomUs, 10 * loomUs] };

    const verdict = verdictFor(loom, { p50: [100, 700, 700] }, 0.1);

    assert.equal(verdict.kind, kind);
    assert.equal(isFailure(verdict), fails);
    assert.equal(verdict.now, loomUs / 100);
    assert.equal(
      verdict.note?.includes("bench:check --update"),
      kind === "better" || undefined,
    );
  });
}

test("A ratio that is not stored fails, and says how to store it", () => {
  const verdict = verdictFor({ p50: [1] }, { p50: [100] });

  assert.ok(isFailure(verdict));
  assert.match(verdict.note ?? "", /bench:check --update/);
});

test("A ratio to a contender that failed is left out, with the reason", () => {
  const verdict = verdictFor({ p50: [1] }, "does not run: not here", 0.01);

  assert.equal(verdict.kind, "left out");
  assert.equal(verdict.note, "postMessage: does not run: not here");
  assert.ok(!isFailure(verdict));
});

test("A failure of loom itself fails the check", () => {
  const verdict = verdictFor("ended before", { p50: [1] }, 0.01);

  assert.ok(isFailure(verdict));
  assert.equal(verdict.note, "loom: ended before");
});

test("judge() leaves out benchmarks that were not measured", () => {
  assert.deepEqual(judge([RATIO], [], { [NAME]: 1 }), []);
});

test("updated() keeps stored ratios that were not measured", () => {
  const measured = verdictFor({ p50: [1] }, { p50: [3] });
  const absent = { ...verdictFor({ p50: [1] }, "gone"), name: "other" };

  assert.deepEqual(
    updated({ other: 2, [NAME]: 1 }, [measured, absent]),
    { other: 2, [NAME]: 0.333 },
  );
});

test("verdictTable() aligns numbers and shows what is missing", () => {
  const table = verdictTable([
    verdictFor({ p50: [10] }, { p50: [100] }, 0.1),
    verdictFor({ p50: [1] }, "not here", 1.25),
  ]);
  assert.equal(
    table,
    [
      "loom / another             stored  now",
      "latency p50 / postMessage     0.1  0.1  as before",
      "latency p50 / postMessage    1.25    –  left out   postMessage: not here",
    ].join("\n"),
  );
});

test("Every watched ratio and bar names a figure and contenders that exist", async () => {
  const bars = BARS.map(({ to = [], ...bar }) => ({ ...bar, others: to }));
  const ratios = WATCHED.map((one) => ({
    ...one,
    others: [one.to],
    toFigure: undefined,
  }));
  for (const one of [...bars, ...ratios]) {
    const { benchmark, figure, toFigure = figure, others } = one;
    const { figures, contenders } = await loadBenchmark(benchmark);
    const names = contenders.map(({ name }) => name);
    assert.ok(figure in figures, `${benchmark} ${figure}`);
    assert.ok(toFigure in figures, `${benchmark} ${toFigure}`);
    for (const name of others) {
      assert.ok(names.includes(name), `${benchmark}: ${name}`);
    }
  }
  assert.equal(new Set(WATCHED.map(nameOf)).size, WATCHED.length);
});

function bar(verdicts: readonly BarVerdict[], text: string): BarVerdict {
  const found = verdicts.find((verdict) => verdict.text.includes(text));
  assert.ok(found !== undefined, text);
  return found;
}

test("Bars are met or unmet, by the limits of the runtime", () => {
  const one = {
    loom: { p50: [2, 2, 9] },
    piscina: { p50: [150] },
    tinypool: { p50: [120] },
    workerpool: "does not run",
    "tokio + rayon": { p50: [10] },
  };
  const results = [
    resultOf("latency", one),
    resultOf("latency", one, "Bun"),
    resultOf("completion", { loom: { delay50: [100] } }),
    resultOf("payload", { loom: { object: [3], number: [1.5] } }),
    resultOf("startup", { loom: { ready: [90] } }),
  ];

  const [deno, bun] = [judgeBars(results, "Deno"), judgeBars(results, "Bun")];

  const npm = bar(deno, "npm pool");
  assert.deepEqual(
    [npm.kind, npm.now, npm.note],
    ["met", 2 / 120, "that is tinypool"],
  );
  assert.equal(bar(deno, "another / tokio").kind, "met");
  assert.equal(bar(bun, "another / tokio").kind, "unmet");
  assert.equal(bar(deno, "another / knitting").kind, "left out");
  assert.equal(bar(deno, "delay of a call").kind, "met");
  const number = bar(deno, "object / a number");
  assert.deepEqual([number.kind, number.now], ["met", 2]);
  const ready = bar(deno, "import and first answer");
  assert.deepEqual([ready.kind, ready.now], ["no limit", 90]);
  const idle = bar(deno, "idle");
  assert.deepEqual(
    [idle.kind, idle.note],
    ["no result", "bench completion --save measures it"],
  );
  assert.deepEqual(
    [bar(bun, "delay of a call"), npm, ready].map(isUnmet),
    [true, false, false],
  );
  const lines = barTable({ Deno: deno, Bun: bun }).split("\n");
  for (
    const line of [
      "| one call after another / tokio + rayon | 0.2 (2 / 10 µs) | 0.25 | met | 0.2 (2 / 10 µs) | 0.15 | unmet |",
      "| a small object / a number | 2 (3 / 1.5 µs) | 5 | met | – | 5 | no result: bench payload --save measures it |",
    ]
  ) assert.ok(lines.includes(line), `${line}\n${lines.join("\n")}`);
});
