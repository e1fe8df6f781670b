/**
 * One panel for each figure, one row for each contender: a dot at the median, a bar from
 * minimum to maximum, the number beside it.
 *
 * @module
 */

import type { Result } from "../harness/result.ts";
import { FAINT, FONT, heading, INK, lookOf, QUIET } from "./look.ts";
import { LOOM, measured, presentContenders } from "./medians.ts";
import {
  columnCount,
  NUMBERS,
  type Panel,
  type Place,
  placePanels,
  type Scale,
  scaleOf,
  TITLE_GAP,
  TITLE_LINE,
  titleLines,
} from "./panel_layout.ts";
import type { Plot, PlotOption } from "./svg.ts";
import { figureTitle, formatNumber, formatShort } from "./units.ts";

/** A plot of all figures that any contender has. */
export function panelPlot(result: Result, advice: string): Plot {
  const contenders = presentContenders(result);
  const keys = Object.keys(result.figures).filter((key) =>
    contenders.some((name) => measured(result, name, key) !== undefined)
  );
  const columns = columnCount(keys.length);
  const panels = keys.map((key) => ({
    title: titleLines(figureTitle(result.figures[key]), columns),
    figure: result.figures[key],
    rows: contenders.map((name) => measured(result, name, key)),
  }));
  const { places, height } = placePanels(panels, columns);
  return {
    height,
    option: {
      title: [
        heading(result, advice),
        ...panels.map((panel, i) => panelTitle(panel, places[i])),
      ],
      grid: places,
      xAxis: panels.map((panel, i) => xAxis(scaleOf(panel, panels), i)),
      yAxis: panels.flatMap(({ rows }, i) => [
        namesAxis(contenders, i, i % columns === 0),
        numbersAxis(contenders, rows, i),
      ]),
      series: panels.flatMap(({ rows }, i) => [
        bars(contenders, rows, i),
        dots(contenders, rows, i),
      ]) as PlotOption["series"],
    },
  };
}

function panelTitle({ title }: Panel, { left, top }: Place) {
  return {
    text: title.join("\n"),
    left,
    top: top - TITLE_GAP - title.length * TITLE_LINE,
    padding: 0,
    textStyle: {
      color: INK,
      fontSize: 13,
      lineHeight: TITLE_LINE,
      fontFamily: FONT,
    },
  };
}

function xAxis({ type, min, max }: Scale, gridIndex: number) {
  return {
    gridIndex,
    type,
    min,
    // A round number comes out of the axis itself.
    ...type === "log" ? { max } : {},
    splitNumber: 3,
    // A logarithmic axis ends anywhere.
    splitLine: { showMaxLine: type !== "log", lineStyle: { color: FAINT } },
    axisLine: { show: false },
    axisTick: { show: false },
    axisLabel: {
      color: QUIET,
      fontSize: 11,
      fontFamily: FONT,
      formatter: formatShort,
      hideOverlap: true,
      showMaxLabel: type !== "log",
    },
  };
}

function namesAxis(
  contenders: readonly string[],
  gridIndex: number,
  show: boolean,
) {
  return {
    ...rowsAxis(contenders, gridIndex),
    axisLabel: {
      ...rowLabel((index) => show ? contenders[index] : "", contenders),
      margin: 12,
    },
  };
}

function numbersAxis(
  contenders: readonly string[],
  rows: Panel["rows"],
  gridIndex: number,
) {
  const text = (index: number) => {
    const row = rows[index];
    return row === undefined ? "–" : formatMedian(row.median);
  };
  return {
    ...rowsAxis(contenders, gridIndex),
    position: "right" as const,
    axisLabel: {
      ...rowLabel(text, contenders),
      margin: NUMBERS,
      align: "right" as const,
    },
  };
}

/** As exact as there is room for. */
function formatMedian(value: number): string {
  return Math.abs(value) >= 1e6 ? formatShort(value) : formatNumber(value);
}

function rowsAxis(contenders: readonly string[], gridIndex: number) {
  return {
    gridIndex,
    type: "category" as const,
    data: [...contenders],
    inverse: true,
    axisLine: { show: false },
    axisTick: { show: false },
  };
}

/** A label of each row, loom's in bold. */
function rowLabel(
  text: (index: number) => string,
  contenders: readonly string[],
) {
  return {
    color: INK,
    fontSize: 12,
    fontFamily: FONT,
    interval: 0,
    formatter: (_: unknown, index: number) =>
      contenders[index] === LOOM ? `{loom|${text(index)}}` : text(index),
    rich: {
      loom: {
        color: lookOf(LOOM).color,
        fontSize: 12,
        fontWeight: "bold" as const,
        fontFamily: FONT,
      },
    },
  };
}

function bars(
  contenders: readonly string[],
  rows: Panel["rows"],
  index: number,
) {
  const data = rows.flatMap((row, i) =>
    row === undefined ? [] : [[row.min, i, row.max]]
  );
  return {
    type: "custom",
    ...axesOf(index),
    data,
    silent: true,
    clip: true,
    // deno-lint-ignore no-explicit-any -- the library's own type is no narrower.
    renderItem: (_: unknown, api: any) => {
      const [x1, y] = api.coord([api.value(0), api.value(1)]);
      const [x2] = api.coord([api.value(2), api.value(1)]);
      return {
        type: "line",
        shape: { x1, y1: y, x2, y2: y },
        style: {
          stroke: rowColor(contenders[api.value(1)]),
          lineWidth: 5,
          lineCap: "round",
          opacity: 0.3,
        },
      };
    },
  };
}

function dots(
  contenders: readonly string[],
  rows: Panel["rows"],
  index: number,
) {
  return {
    type: "scatter",
    ...axesOf(index),
    silent: true,
    data: rows.flatMap((row, i) =>
      row === undefined ? [] : [{
        value: [row.median, i],
        symbolSize: contenders[i] === LOOM ? 11 : 8,
        itemStyle: { color: rowColor(contenders[i]), opacity: 1 },
      }]
    ),
  };
}

function axesOf(index: number) {
  return { xAxisIndex: index, yAxisIndex: 2 * index };
}

/** Rows have names, so loom alone needs a colour. */
function rowColor(contender: string): string {
  return contender === LOOM ? lookOf(LOOM).color : "#4b6584";
}
