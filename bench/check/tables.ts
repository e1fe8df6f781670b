/**
 * The tables that the check prints.
 *
 * @module
 */

import { formatNumber } from "../report/units.ts";
import type { BarVerdict } from "./bars.ts";
import type { Verdict } from "./verdicts.ts";

/** A line for each watched ratio. */
export function verdictTable(verdicts: readonly Verdict[]): string {
  return table([
    ["loom / another", "stored", "now", "", ""],
    ...verdicts.map(({ name, stored, now, kind, note }) => [
      name,
      text(stored),
      text(now),
      kind,
      note ?? "",
    ]),
  ]);
}

/** A line for each bar. */
export function barTable(verdicts: readonly BarVerdict[]): string {
  return table([
    ["loom's bars", "at most", "now", "", ""],
    ...verdicts.map(({ text: name, atMost, now, kind, note }) => [
      name,
      text(atMost),
      text(now),
      kind,
      note ?? "",
    ]),
  ]);
}

function text(value: number | undefined): string {
  return value === undefined ? "–" : formatNumber(value);
}

/** Aligns numbers, in the second and third column, to the right. */
function table(rows: readonly (readonly string[])[]): string {
  const widths = rows[0].map((_, column) =>
    Math.max(...rows.map((row) => row[column].length))
  );
  return rows.map((row) =>
    row.map((cell, column) =>
      column === 1 || column === 2
        ? cell.padStart(widths[column])
        : cell.padEnd(widths[column])
    ).join("  ").trimEnd()
  ).join("\n");
}
