/**
 * Formats the output of the CSV example.
 *
 * @module
 */

import type { Column, Table } from "./table.ts";

/** The figures of a run. */
export interface Run {
  readonly blocks: number;
  readonly bytes: number;
  readonly ms: number;
  /** The maximum of blocks and bytes that were in flight. */
  readonly peak: { readonly blocks: number; readonly bytes: number };
  /** The limit of blocks in flight. */
  readonly limit: number;
}

/** Formats one line for each column. */
export function formatColumns(names: readonly string[], table: Table): string {
  const head = [
    "column",
    "numbers",
    "empty",
    "text",
    "min",
    "max",
    "mean",
    "variance",
  ];
  const rows = table.columns.map((column, i) => [
    names[i],
    ...[column.numbers, column.empty, column.text].map(String),
    ...numbersOf(column),
  ]);
  const lines = [head, ...rows];
  const widths = head.map((_, i) =>
    Math.max(...lines.map((cells) => cells[i].length))
  );
  return lines.map((cells) =>
    cells.map((cell, i) =>
      i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])
    ).join("  ")
  ).join("\n");
}

/** Formats the number of rows, the time and the blocks in flight. */
export function formatRun(rows: number, run: Run): string {
  const { blocks, bytes, ms, peak, limit } = run;
  const perSecond = Math.round(rows / ms * 1000).toLocaleString("en");
  return `${rows.toLocaleString("en")} rows, ${mib(bytes)} in ${blocks} block${
    blocks === 1 ? "" : "s"
  }, ${perSecond} rows/s
at most ${peak.blocks} blocks (${mib(peak.bytes)}) in flight, ${limit} allowed`;
}

function numbersOf(column: Column): string[] {
  const { numbers, min, max, mean, squares } = column;
  if (numbers === 0) return ["", "", "", ""];
  const variance = numbers === 1 ? 0 : squares / (numbers - 1);
  return [min, max, mean, variance].map((n) => String(+n.toPrecision(7)));
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
