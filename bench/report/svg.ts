/**
 * Draws plots; the only file that uses the drawing library.
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

/** The content of a plot, as the drawing library takes it. */
export type PlotOption = EChartsOption;

/** Returns where a point of the data lies in the picture, in pixels. */
export type Locate = (x: number | string, y: number) => [number, number];

/** A plot, not drawn yet. */
export interface Plot {
  readonly height: number;
  readonly option: PlotOption;
  /** Adds what depends on where the data lie in the picture. */
  readonly annotate?: (locate: Locate) => PlotOption;
}

/** Draws a plot as SVG. The same plot always gives the same text. */
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

/** Removes what is for scripts only, and names that depend on earlier plots. */
function plain(svg: string): string {
  return `${svg}\n`
    .replace(/<style >[^]*?<\/style>\n/, "")
    .replaceAll(/ (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g, "")
    .replaceAll(/\bzr\d+-/g, "plot-")
    // Some viewers of SVG do not support this attribute.
    .replaceAll('dominant-baseline="central"', 'dy="0.35em"');
}
