/**
 * The plots of those benchmarks whose figures form a line; the others have a table only.
 *
 * @module
 */

import type { Result } from "../harness/result.ts";
import { linePlot, type LinePlotSpec } from "./line_plot.ts";
import { drawSvg } from "./svg.ts";
import { formatNumber } from "./units.ts";

const PERCENTILES = {
  x: (at: number) => `p${at}`,
  y: "log",
  advice: "Lower is better.",
} as const;

const SCALE = {
  x: "log",
  y: "log",
  advice: "Level is linear growth; lower is better.",
  numbers: true,
} as const;

/** The steps of a start, by their places on the axis. */
const STARTUP_STEPS = [
  "import",
  "import, worker",
  "one worker",
  "two workers",
  "four workers",
  "shutdown",
];

const LINE_PLOTS: Readonly<Record<string, LinePlotSpec>> = {
  latency: {
    ...PERCENTILES,
    numbers: true,
    xName: "percentile of the calls",
    yName: "µs per call, logarithmic",
  },
  first_calls: {
    xName: "number of calls so far, logarithmic",
    yName: "µs per call, logarithmic",
    x: "log",
    y: "log",
    advice: "Lower is better.",
    numbers: false,
  },
  startup: {
    xName: "the first start of a process",
    yName: "ms, logarithmic",
    x: (at) => STARTUP_STEPS[at],
    y: "log",
    advice: "Lower is better.",
    numbers: true,
  },
  event_loop: {
    ...PERCENTILES,
    numbers: false,
    xName: "percentile of the responses",
    yName: "µs until the response, logarithmic",
  },
  throughput: {
    xName: "calls at once",
    yName: "µs per call, logarithmic",
    x: formatNumber,
    y: "log",
    advice: "Lower is better.",
    numbers: true,
  },
  payload: {
    xName: "bytes in one value, logarithmic",
    yName: "µs per call, logarithmic",
    x: "log",
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
  scale_workers: {
    ...SCALE,
    xName: "workers, logarithmic",
    yName: "µs per call, logarithmic",
  },
  scale_queue: {
    ...SCALE,
    xName: "calls at once, logarithmic",
    yName: "µs per call, logarithmic",
  },
  scale_functions: {
    ...SCALE,
    xName: "functions, logarithmic",
    yName: "µs per call, logarithmic",
  },
  scale_items: {
    ...SCALE,
    advice: "Lower is better.",
    xName: "items, logarithmic",
    yName: "µs per loop of a cheap function, logarithmic",
  },
  scale_memory: {
    ...SCALE,
    xName: "workers, logarithmic",
    yName: "bytes for each worker, logarithmic",
  },
};

/** Draws the plot of a result as SVG; returns undefined when there is nothing to draw. */
export function plotSvg(result: Result): string | undefined {
  const spec = LINE_PLOTS[result.benchmark];
  if (spec === undefined || Object.keys(result.contenders).length === 0) {
    return undefined;
  }
  return drawSvg(linePlot(result, spec));
}
