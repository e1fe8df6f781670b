/**
 * The tables that the check prints.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import { formatNumber, formatWithUnit } from "../report/units.ts";
import type { BarVerdict } from "./bar_verdicts.ts";
import { BARS } from "./bars.ts";
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

/** A Markdown table with a row for each bar and the verdicts of each runtime beside it. */
export function barTable(
  byRuntime: Readonly<Partial<Record<RuntimeName, readonly BarVerdict[]>>>,
): string {
  const runtimes = Object.entries(byRuntime);
  const cells = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  return [
    cells(["loom", ...runtimes.flatMap(([name]) => [name, "at most", ""])]),
    cells(["---", ...runtimes.flatMap(() => ["---:", "---:", "---"])]),
    ...BARS.map(({ text }, row) =>
      cells([
        text,
        ...runtimes.flatMap(([, verdicts]) => barCells(verdicts[row])),
      ])
    ),
  ].join("\n");
}

const KINDS: Readonly<Record<BarVerdict["kind"], string>> = {
  met: "met",
  unmet: "unmet",
  "no limit": "",
  "no result": "no result",
  "left out": "not measured",
};

function barCells(verdict: BarVerdict): string[] {
  const { kind, atMost, note } = verdict;
  return [
    barValue(verdict),
    text(atMost),
    note === undefined ? KINDS[kind] : `${KINDS[kind]}: ${note}`,
  ];
}

/** A figure alone with its unit; a ratio with its two medians. */
function barValue({ now, medians, unit = "ratio" }: BarVerdict): string {
  if (now === undefined) return "–";
  if (medians === undefined) return formatWithUnit(now, unit);
  const [loom, other] = medians;
  return `${formatNumber(now)} (${formatNumber(loom)} / ${
    formatWithUnit(other, unit)
  })`;
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
