/**
 * The one file that knows the library that draws.
 *
 * @module
 */

import type { EChartsOption } from "echarts";
import { LineChart } from "echarts/charts";
import {
  GraphicComponent,
  GridComponent,
  MarkLineComponent,
  TitleComponent,
} from "echarts/components";
import { type ECharts, init, use } from "echarts/core";
import { SVGRenderer } from "echarts/renderers";
import { GROUND, WIDTH } from "./look.ts";

use([
  GraphicComponent,
  GridComponent,
  LineChart,
  MarkLineComponent,
  SVGRenderer,
  TitleComponent,
]);

/** What a plot shows. */
export type PlotOption = EChartsOption;

/** Where a point of the data lies in the picture, in pixels. */
export type Locate = (x: number | string, y: number) => [number, number];

/** A plot, not drawn yet. */
export interface Plot {
  readonly height: number;
  readonly option: PlotOption;
  /** What can be added only when it is known where the data lie. */
  readonly annotate?: (locate: Locate) => PlotOption;
}

/** Draws a plot; the same plot gives the same text. */
export function drawSvg({ height, option, annotate }: Plot): string {
  const chart = init(null, null, {
    renderer: "svg",
    ssr: true,
    width: WIDTH,
    height,
  });
  try {
    const still = { animation: false, backgroundColor: GROUND };
    chart.setOption({ ...option, ...still });
    if (annotate !== undefined) chart.setOption(annotate(locateIn(chart)));
    return plain(chart.renderToSVGString());
  } finally {
    // Its timers would keep the process alive.
    chart.dispose();
  }
}

function locateIn(chart: ECharts): Locate {
  return (x, y) =>
    chart.convertToPixel({ gridIndex: 0 }, [x, y]) as [number, number];
}

/** The picture alone: the rest is for scripts, and counts what the process has drawn. */
function plain(svg: string): string {
  return `${svg}\n`
    .replace(/<style >[^]*?<\/style>\n/, "")
    .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replaceAll(/\bzr\d+-/g, "plot-")
    // Not every program that shows SVG knows this one.
    .replaceAll('dominant-baseline="central"', 'dy="0.35em"');
}
