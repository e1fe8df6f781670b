import assert from "node:assert/strict";
import { loadBenchmark } from "../../bench/benchmarks.ts";
import { reportMarkdown } from "../../bench/report/markdown.ts";
import { plotSvg } from "../../bench/report/plots.ts";
import { spreadApart } from "../../bench/report/spread_apart.ts";
import {
  formatNumber,
  formatRatio,
  formatShort,
} from "../../bench/report/units.ts";
import { test } from "../support/test.ts";
import { resultOf } from "./results.ts";

const CONTENDERS = {
  loom: { first: [3, 1, 2], second: [0.05, 0.04, 0.06] },
  postMessage: { first: [350, 349, 1351], second: [5, 5, 5] },
  floor: { first: [1.5, 1.5, 1.5] },
  knitting: "does not run: no such file",
};

test("The report shows medians, spreads, ratios to loom and failures", () => {
  const report = reportMarkdown(
    [
      resultOf("latency", { loom: { first: [1] } }, "Bun"),
      resultOf("latency", CONTENDERS),
    ],
    ({ benchmark, environment }) =>
      `plots/${benchmark}_${environment.runtime}.svg`,
  );

  const lines = report.split("\n");
  for (
    const line of [
      "## Title of latency",
      "| label of first, µs | **loom** | 2 (1 to 3) |  | 1 (1 to 1) |  |",
      "|  | postMessage | 350 (349 to 1,351) | 175x | – |  |",
      "|  | floor | 1.5 (1.5 to 1.5) | 0.75x | – |  |",
      "|  | postMessage | 5 (5 to 5) | 100x | – |  |",
      "- knitting, Deno: does not run: no such file",
      "![Title of latency: plot for Bun](plots/latency_Bun.svg)",
    ]
  ) assert.ok(lines.includes(line), line);
  assert.match(
    report,
    /- Deno 1\.2\.3: `the command for latency on Deno`; 3 rounds on 2 CPUs \(0-1\) of Abacus, Linux 6\.1\.0, load 0\.1 0\.2 0\.3, 2026-11-23\n/,
  );
  assert.ok(report.indexOf("- Deno 1.2.3") < report.indexOf("- Bun 1.2.3"));
});

const LINES = ["latency", "first_calls", "throughput", "break_even", "payload"];
for (const benchmark of LINES) {
  test(`The plot of ${benchmark} is well-formed, labelled and always the same`, () => {
    const result = resultOf(benchmark, CONTENDERS);

    const svg = plotSvg(result) ?? "";

    assert.deepEqual(openTags(svg), []);
    assert.match(svg, /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"/);
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)</g)].map(([, t]) => t);
    for (const text of ["loom", "postMessage", "floor", result.title]) {
      assert.ok(texts.includes(text), `${text} in ${texts.join("; ")}`);
    }
    assert.ok(!texts.includes("knitting"), "failed, so it has no line");
    assert.doesNotMatch(svg, /NaN|undefined|Infinity/);
    assert.equal(plotSvg(result), svg);
  });
}

test("The plot of the start-up names every step", async () => {
  const { figures } = await loadBenchmark("startup");
  const steps = Object.keys(figures).filter((key) => "at" in figures[key]);
  const loom = Object.fromEntries(steps.map((key) => [key, [5]]));
  const svg = plotSvg({ ...resultOf("startup", { loom }), figures }) ?? "";
  assert.doesNotMatch(svg, /NaN|undefined/);
  for (const text of ["import", "one worker", "shutdown"]) {
    assert.ok(svg.includes(`>${text}<`), text);
  }
});

test("A figure that is for the plot only is in no table", () => {
  const result = resultOf("first_calls", CONTENDERS);
  const { first, second } = result.figures;
  const figures = { first, second: { ...second, plotOnly: true } };
  const report = reportMarkdown([{ ...result, figures }], () => undefined);
  assert.match(report, /label of first/);
  assert.doesNotMatch(report, /label of second/);
});

test("A result without figures, or whose figures form no line, has no plot", () => {
  assert.equal(plotSvg(resultOf("latency", { loom: "broken" })), undefined);
  assert.equal(plotSvg(resultOf("memory", CONTENDERS)), undefined);
});

test("A plot leaves out figures that a logarithmic axis cannot show", () => {
  const svg = plotSvg(resultOf("latency", { loom: { zero: [0], one: [5] } }));
  assert.match(svg ?? "", />5</);
  assert.doesNotMatch(svg ?? "", /NaN|Infinity/);
});

test("Numbers have three digits that count, and thousands apart", () => {
  assert.deepEqual(
    [0, 0.08234, 1.2, 34.56, 99.99, 999.5, 21350.4, 1234567, -20000].map(
      formatNumber,
    ),
    "0 0.0823 1.2 34.6 100 1,000 21,350 1,234,567 -20,000".split(" "),
  );
  assert.deepEqual(
    [0.361, 1, 9.96, 12.34, 1750].map(formatRatio),
    ["0.36x", "1.0x", "10x", "12x", "1,750x"],
  );
  assert.deepEqual(
    [0.1, 100, 30_000, 2_500_000].map(formatShort),
    ["0.1", "100", "30k", "2.5M"],
  );
});

test("spreadApart() moves only labels that touch, and none below the bottom", () => {
  assert.deepEqual(spreadApart([50, 10, 52], 10, 100), [46, 10, 56]);
  assert.deepEqual(spreadApart([99, 98, 40], 10, 100), [100, 90, 40]);
});

/** The tags that are not closed; a closing tag that fits none throws. */
function openTags(svg: string): string[] {
  const open: string[] = [];
  for (
    const [, close, name, empty] of svg.matchAll(/<(\/?)(\w+)[^>]*?(\/?)>/g)
  ) {
    if (close !== "") assert.equal(open.pop(), name);
    else if (empty === "") open.push(name);
  }
  return open;
}
