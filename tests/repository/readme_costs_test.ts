import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

/** Rows of the report that are no pool from npm. */
const NO_POOLS = new Set([
  "**loom**",
  "postMessage",
  "floor",
  "knitting",
  "tokio + rayon",
  "loom-rs",
]);

/** One measure: for each contender, its times on Deno and on Bun. */
type Measure = ReadonlyMap<string, readonly [deno: number, bun: number]>;

test("The costs in README.md are those of the report, to two digits", () => {
  const latency = measure(/^Latency of small calls/, /./);
  const inFlight = measure(/many are in flight/, /^64 kept in flight/);
  const cells = (names: readonly string[]) =>
    [0, 1].flatMap((runtime) =>
      [latency, inFlight].map((times) =>
        range(names.map((name) => times.get(name)![runtime]))
      )
    );
  const pools = [...latency.keys()].filter((name) => !NO_POOLS.has(name));

  assert.ok(pools.length >= 4, `pools in the report: ${pools.join()}`);
  assert.deepEqual(readmeCosts(), [
    cells(["**loom**"]),
    cells(["postMessage"]),
    cells(pools),
    cells(["tokio + rayon"]),
  ]);
});

/** Reads the first measure under a heading whose name fits. */
function measure(heading: RegExp, name: RegExp): Measure {
  const section = read("bench/results/REPORT.md").split(/^## /m).slice(1)
    .find((text) => heading.test(text.split("\n")[0]));
  assert.ok(section !== undefined, `the report has no section ${heading}`);
  const times = new Map<string, readonly [number, number]>();
  let isWanted = false;
  for (const [label, contender, deno, , bun] of tableRows(section)) {
    // The name of a measure stands in its first row only.
    if (label !== "") {
      if (isWanted) break;
      isWanted = name.test(label) && label.endsWith("µs");
    }
    if (!isWanted) continue;
    times.set(contender, [firstNumber(deno), firstNumber(bun)]);
  }
  assert.ok(times.size > 0, `the report has no measure ${name}`);
  return times;
}

/** The cells of README's table of costs. */
function readmeCosts(): string[][] {
  const [, section] = read("README.md").split("## What it costs\n");
  return tableRows(section.split(/^## /m)[0]).slice(1)
    .map((cells) => cells.slice(1));
}

/** The rows of the tables in a text, without those that only draw a line. */
function tableRows(text: string): string[][] {
  return text.split("\n")
    .filter((line) => line.startsWith("|") && !/^[|:\s-]+$/.test(line))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
}

function range(times: readonly number[]): string {
  const ends = [...new Set([Math.min(...times), Math.max(...times)])];
  return `${ends.map(twoDigits).join(" to ")} µs`;
}

function twoDigits(time: number): string {
  const text = time.toPrecision(2);
  // From 100 on, the text would have an exponent.
  return time < 100 ? text : String(Number(text));
}

function firstNumber(cell: string): number {
  return parseFloat(cell.replaceAll(",", ""));
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
