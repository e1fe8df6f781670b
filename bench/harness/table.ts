/**
 * A result as a table in the terminal.
 *
 * @module
 */

import type { Result } from "./result.ts";

/** Prints medians, spreads and ratios to loom. */
export function printTable(
  { title, environment, contenders, figures, failures }: Result,
): void {
  const { runtime, version, cpuCount, load } = environment;
  console.log(`\n${title}`);
  console.log(
    `${runtime} ${version}, ${cpuCount} CPUs, load ${load.join(" ")}; ` +
      "median (minimum to maximum) of the rounds; times loom's median\n",
  );
  for (const [key, { label, unit, plotOnly }] of Object.entries(figures)) {
    if (plotOnly) continue;
    const rows = Object.entries(contenders)
      .filter(([, summaries]) => key in summaries);
    if (rows.length > 0) console.log(`${label}, ${unit}`);
    for (const [name, summaries] of rows) {
      const { min, median, max, timesLoom } = summaries[key];
      const range = `${show(median).padStart(10)}  (${show(min)} to ${
        show(max)
      })`;
      const ratio = timesLoom === undefined ? "" : `  x${show(timesLoom)}`;
      console.log(`  ${name.padEnd(16)}${range}${ratio}`);
    }
  }
  for (const { contender, figure, reason } of failures) {
    const what = figure === undefined
      ? contender
      : `${contender}, ${figures[figure]?.label ?? figure}`;
    console.log(`${what}: ${reason}`);
  }
}

/** Three significant digits. */
function show(value: number): string {
  const size = Math.abs(value);
  return size >= 100 || value === 0
    ? String(Math.round(value))
    : value.toPrecision(3);
}
