/**
 * How much does the bridge cost beside what the runtimes allow?
 *
 *     deno task bench:bridge [--rounds N] [--json FILE]
 *     bun run bench:bridge [--rounds N] [--json FILE]
 *
 * Each round measures loom in a fresh process, then the floor: a bare one-worker bridge for
 * numbers only (bridge_main.mjs in the folder LOOM_FLOOR_DIR, by default
 * ../shared/prototype beside the project; left out when it is not there). Both run the same
 * loops, so the ratio of the medians holds better than either figure. See bench/README.md.
 *
 * @module
 */

import { execFileSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import type { BridgeFigures } from "./bridge/calls.ts";

type Key = keyof BridgeFigures;

/** What each figure is called, in the order in which they are printed. */
const FIGURES: readonly (readonly [Key, string])[] = [
  ["p50", "one after another, p50, us"],
  ["p99", "one after another, p99, us"],
  ["b10", "10 at once, us per call"],
  ["b100", "100 at once, us per call"],
  ["b1000", "1,000 at once, us per call"],
  ["longMs", "20 calls of 50 ms, ms"],
];

const ROOT = new URL("../", import.meta.url);
const CALLS = fileURLToPath(new URL("bridge/calls.ts", import.meta.url));
const FLOOR = fileURLToPath(
  new URL(
    "bridge_main.mjs",
    new URL(`${process.env.LOOM_FLOOR_DIR ?? "../shared/prototype"}/`, ROOT),
  ),
);
const RUNTIME = "Deno" in globalThis ? "Deno" : "Bun";
const RUN = RUNTIME === "Deno" ? ["run", "--allow-all"] : [];

function run(program: string): string {
  return execFileSync(process.execPath, [...RUN, program], {
    encoding: "utf8",
  });
}

/** Reads the line that the floor prints. */
function parseFloor(line: string): BridgeFigures {
  const figure = (pattern: RegExp) => {
    const found = pattern.exec(line);
    if (found === null) {
      throw new Error(`Cannot read the floor's figures: ${line}`);
    }
    return Number(found[1]);
  };
  return {
    p50: figure(/p50 ([\d.]+)/),
    p99: figure(/p99 ([\d.]+)/),
    b10: figure(/b10 ([\d.]+)us/),
    b100: figure(/b100 ([\d.]+)us/),
    b1000: figure(/b1000 ([\d.]+)us/),
    longMs: figure(/20x50ms ([\d.]+)ms/),
  };
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? sorted[middle]
    : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Minimum, median and maximum of one figure. */
function spread(
  rounds: readonly BridgeFigures[],
  key: Key,
): [number, number, number] {
  const values = rounds.map((round) => round[key]);
  return [Math.min(...values), median(values), Math.max(...values)];
}

function show(
  [min, middle, max]: readonly [number, number, number],
  key: Key,
): string {
  const digits = key === "longMs" ? 1 : 3;
  return `${middle.toFixed(digits)} (${min.toFixed(digits)}-${
    max.toFixed(digits)
  })`;
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: "string", default: "7" },
    json: { type: "string" },
  },
});
const roundCount = Number(options.rounds);
const withFloor = existsSync(FLOOR);
const loom: BridgeFigures[] = [];
const floor: BridgeFigures[] = [];
for (let round = 1; round <= roundCount; round++) {
  loom.push(JSON.parse(run(CALLS)));
  if (withFloor) floor.push(parseFloor(run(FLOOR)));
  console.error(`round ${round} of ${roundCount}`);
}

const environment = {
  runtime: RUNTIME,
  version: process.versions[RUNTIME.toLowerCase()],
  cpu: cpus()[0]?.model,
  cpuCount: navigator.hardwareConcurrency,
  kernel: release(),
  load: loadavg().map((load) => load.toFixed(2)).join(" "),
};
console.log(
  `${RUNTIME} ${environment.version}, ${environment.cpuCount} CPUs, load ${environment.load}`,
);
console.log(
  `median (minimum-maximum) of ${roundCount} rounds; ratio of the medians\n`,
);
const column = (text: string) => text.padEnd(26);
console.log(
  column("") + column("loom") + column(withFloor ? "floor" : "") +
    "loom / floor",
);
for (const [key, label] of FIGURES) {
  const mine = spread(loom, key);
  const theirs = withFloor ? spread(floor, key) : undefined;
  console.log(
    label.padEnd(27) + column(show(mine, key)) +
      (theirs === undefined
        ? ""
        : column(show(theirs, key)) + (mine[1] / theirs[1]).toFixed(2)),
  );
}
if (!withFloor) console.log(`\nThe floor was left out: there is no ${FLOOR}`);
if (options.json !== undefined) {
  writeFileSync(
    options.json,
    `${JSON.stringify({ environment, loom, floor }, null, 2)}\n`,
  );
}
