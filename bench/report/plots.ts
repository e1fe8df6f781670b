/**
 * Which plot each benchmark gets.
 *
 * @module
 */

import type { Result } from "../harness/result.ts";
import { linePlot, type LinePlotSpec } from "./line_plot.ts";
import { presentContenders } from "./medians.ts";
import { panelPlot } from "./panel_plot.ts";
import { drawSvg } from "./svg.ts";
import { formatNumber } from "./units.ts";

const PERCENTILES = {
  x: (at: number) => `p${at}`,
  y: "log",
  advice: "Lower is better.",
} as const;

const LINE_PLOTS: Readonly<Record<string, LinePlotSpec>> = {
  latency: {
    ...PERCENTILES,
    numbers: true,
    xName: "percentile of the calls",
    yName: "µs per call, logarithmic",
  },
  event_loop: {
    ...PERCENTILES,
    numbers: false,
    xName: "percentile of the answers",
    yName: "µs until the answer, logarithmic",
  },
  throughput: {
    xName: "calls under way at once",
    yName: "µs per call, logarithmic",
    x: formatNumber,
    y: "log",
    advice: "Lower is better.",
    numbers: true,
  },
  break_even: {
    xName: "length of one task in µs, logarithmic",
    yName: "times as fast as without threads",
    x: "log",
    y: "linear",
    advice: "Higher is better; below 1, sending does not pay.",
    numbers: false,
    mark: { at: 1, text: "break-even" },
  },
};

/** Draws the plot of a result as SVG; undefined when nothing was measured. */
export function plotSvg(result: Result): string | undefined {
  if (presentContenders(result).length === 0) return undefined;
  const lines = LINE_PLOTS[result.benchmark];
  return drawSvg(
    lines === undefined
      ? panelPlot(result, panelAdvice(result))
      : linePlot(result, lines),
  );
}

function panelAdvice({ figures }: Result): string {
  const areCosts = Object.values(figures).every(({ unit }) => unit !== "ratio");
  return `${areCosts ? "Lower is better. " : ""}Bars: minimum to maximum.`;
}
