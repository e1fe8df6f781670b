/**
 * A result as a table in the terminal.
 *
 * @module
 */

import type { Result } from "./result.ts";
import { spread } from "./statistics.ts";

/** Prints medians, spreads and ratios to loom. */
export function printTable({ title, environment, outcomes, figures }: Result) {
  const { runtime, version, cpuCount, load } = environment;
  console.log(`\n${title}`);
  console.log(
    `${runtime} ${version}, ${cpuCount} CPUs, load ${load.join(" ")}; ` +
      "median (minimum to maximum) of the rounds; times loom's median\n",
  );
  const loom = outcomes.loom;
  for (const [key, { label, unit }] of Object.entries(figures)) {
    console.log(`${label}, ${unit}`);
    const base = loom !== undefined && "rounds" in loom && key in loom.rounds
      ? spread(loom.rounds[key]).median
      : undefined;
    for (const [name, outcome] of Object.entries(outcomes)) {
      if ("absent" in outcome || !(key in outcome.rounds)) continue;
      const { min, median, max } = spread(outcome.rounds[key]);
      console.log(
        `  ${name.padEnd(16)}${show(median).padStart(10)}  (${show(min)} to ${
          show(max)
        })${base === undefined ? "" : `  x${show(median / base)}`}`,
      );
    }
  }
  for (const [name, outcome] of Object.entries(outcomes)) {
    if ("absent" in outcome) console.log(`${name}: ${outcome.absent}`);
  }
}

/** Three significant digits. */
export function show(value: number): string {
  const size = Math.abs(value);
  return size >= 100 || value === 0
    ? String(Math.round(value))
    : value.toPrecision(3);
}
