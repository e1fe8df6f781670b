/**
 * A plot with one line for each contender, named at its end.
 *
 * @module
 */

import { LOOM, measured, type Result } from "../harness/result.ts";
import {
  FAINT,
  FONT,
  GROUND,
  heading,
  INK,
  lookOf,
  QUIET,
  WIDTH,
} from "./look.ts";
import { spreadApart } from "./spread_apart.ts";
import type { Locate, Plot, PlotOption } from "./svg.ts";
import { formatNumber, formatShort } from "./units.ts";

/** The axes and texts of a line plot. */
export interface LinePlotSpec {
  readonly xName: string;
  readonly yName: string;
  /** "log" is a logarithmic axis; a function labels evenly spaced places. */
  readonly x: "log" | ((at: number) => string);
  readonly y: "log" | "linear";
  readonly advice: string;
  /** Whether to write the numbers of loom beside its line. */
  readonly numbers: boolean;
  /** A horizontal line to compare with. */
  readonly mark?: { readonly at: number; readonly text: string };
}

interface Point {
  readonly x: number | string;
  readonly y: number;
}

interface Line {
  readonly name: string;
  readonly points: readonly Point[];
}

const HEIGHT = 480;
const GRID = { left: 70, right: 165, top: 92, bottom: 58 };
const LABEL_X = WIDTH - GRID.right + 34;
const LABEL_GAP = 17;

/** A plot of the figures that have a place on the horizontal axis. */
export function linePlot(result: Result, spec: LinePlotSpec): Plot {
  const lines = Object.keys(result.contenders)
    .map((name) => ({ name, points: pointsOf(result, name, spec) }))
    .filter(({ points }) => points.length > 0);
  return {
    height: HEIGHT,
    option: {
      title: heading(result, spec.advice),
      grid: GRID,
      xAxis: xAxis(result, spec),
      yAxis: yAxis(spec, lines),
      series: lines.map((line) => series(line, spec, lines)),
    },
    annotate: (locate) => ({ graphic: endLabels(lines, locate) }),
  };
}

function places(result: Result): [key: string, at: number][] {
  return Object.entries(result.figures)
    .flatMap(([key, { at }]): [string, number][] =>
      at === undefined ? [] : [[key, at]]
    )
    .sort(([, a], [, b]) => a - b);
}

function pointsOf(result: Result, name: string, { x, y }: LinePlotSpec) {
  return places(result).flatMap(([key, at]): Point[] => {
    const median = measured(result, name, key)?.median;
    if (median === undefined || (y === "log" && median <= 0)) return [];
    return [{ x: x === "log" ? at : x(at), y: median }];
  });
}

function xAxis(result: Result, { x, xName }: LinePlotSpec) {
  const common = {
    name: xName,
    nameLocation: "middle" as const,
    nameGap: 32,
    nameTextStyle: { color: QUIET, fontSize: 13, fontFamily: FONT },
    axisLine: { lineStyle: { color: QUIET } },
    axisTick: { lineStyle: { color: QUIET } },
  };
  const axisLabel = { color: INK, fontSize: 13, fontFamily: FONT };
  const all = places(result).map(([, at]) => at);
  return x === "log"
    ? {
      ...common,
      type: "log" as const,
      min: Math.min(...all),
      max: Math.max(...all),
      splitLine: { lineStyle: { color: FAINT, type: "dotted" as const } },
      axisLabel: { ...axisLabel, formatter: formatNumber },
    }
    : {
      ...common,
      type: "category" as const,
      data: all.map(x),
      axisLabel: { ...axisLabel, interval: 0 },
    };
}

function yAxis(
  { y, yName }: LinePlotSpec,
  lines: readonly Line[],
): PlotOption["yAxis"] {
  const isLog = y === "log";
  const all = lines.flatMap(({ points }) => points.map(({ y }) => y));
  return {
    type: isLog ? "log" : "value",
    // By default the axis ends at powers of ten, which may leave most of the plot empty.
    ...isLog ? { min: Math.min(...all) / 2, max: Math.max(...all) * 1.3 } : {},
    name: yName,
    nameLocation: "end",
    nameGap: 14,
    nameTextStyle: {
      color: QUIET,
      fontSize: 13,
      fontFamily: FONT,
      align: "left",
      padding: [0, 0, 0, -50],
    },
    axisLabel: {
      color: INK,
      fontSize: 13,
      fontFamily: FONT,
      formatter: formatShort,
      showMinLabel: !isLog,
      showMaxLabel: !isLog,
    },
    splitLine: {
      showMinLine: !isLog,
      showMaxLine: !isLog,
      lineStyle: { color: FAINT },
    },
  };
}

function series(
  { name, points }: Line,
  { mark, numbers }: LinePlotSpec,
  lines: readonly Line[],
) {
  const { color, symbol, width, dash } = lookOf(name);
  const isLoom = name === LOOM;
  return {
    type: "line" as const,
    name,
    data: points.map((point) => ({
      value: [point.x, point.y],
      label: { position: roomierSide(point, lines) },
    })),
    // One point draws no line.
    symbol: points.length === 1 ? "circle" : symbol,
    symbolSize: isLoom ? 10 : 7,
    z: isLoom ? 4 : 3,
    lineStyle: { color, width, type: dash },
    itemStyle: { color },
    label: {
      show: isLoom && numbers,
      distance: 7,
      color,
      fontSize: 13,
      fontWeight: "bold" as const,
      fontFamily: FONT,
      textBorderColor: GROUND,
      textBorderWidth: 3,
      formatter: ({ value }: { value?: unknown }) =>
        formatNumber((value as [unknown, number])[1]),
    },
    ...isLoom && mark !== undefined ? { markLine: markLine(mark) } : {},
  };
}

/** Returns the side of a point on which other lines are farther away. */
function roomierSide({ x, y }: Point, lines: readonly Line[]) {
  const others = lines.flatMap(({ points }) =>
    points.filter((point) => point.x === x).map((point) => point.y)
  );
  const above = Math.min(...others.filter((other) => other > y)) / y;
  const below = y / Math.max(0, ...others.filter((other) => other < y));
  return above >= below ? "top" as const : "bottom" as const;
}

function markLine({ at, text }: { at: number; text: string }) {
  return {
    silent: true,
    symbol: "none",
    data: [{ yAxis: at }],
    lineStyle: { color: INK, width: 1.2, type: "dashed" as const },
    label: {
      position: "insideStartTop" as const,
      formatter: text,
      color: INK,
      fontSize: 12,
      fontFamily: FONT,
    },
  };
}

/** Draws the names beside the ends of the lines, without overlap. */
function endLabels(lines: readonly Line[], locate: Locate) {
  const ends = lines.map(({ points }) => {
    const { x, y } = points[points.length - 1];
    return locate(x, y);
  });
  const bottom = HEIGHT - GRID.bottom;
  const heights = spreadApart(ends.map(([, y]) => y), LABEL_GAP, bottom);
  return lines.flatMap(({ name }, i) => {
    const { color } = lookOf(name);
    const [x, y] = ends[i];
    return [{
      type: "polyline" as const,
      silent: true,
      z: 2,
      shape: {
        points: [[x + 8, y], [LABEL_X - 14, y], [LABEL_X - 4, heights[i]]],
      },
      style: { stroke: color, lineWidth: 0.8, opacity: 0.6, fill: "none" },
    }, {
      type: "text" as const,
      silent: true,
      x: LABEL_X,
      y: heights[i],
      style: {
        text: name,
        fill: color,
        textVerticalAlign: "middle" as const,
        font: `${name === LOOM ? "bold 15px" : "13px"} ${FONT}`,
      },
    }];
  });
}
