// @ts-check
/// <reference lib="dom" />
/**
 * A line chart.
 *
 * Plain SVG, not a library: what a chart needs is below and in `lines.js`, 200 lines together.
 * uPlot would take half of them to be set up, is 50 kB, and would have to reach the page from a
 * clone, from JSR, from npm and from bundles. The paths take their colours from the style sheet,
 * so that nothing is drawn anew for another theme.
 *
 * @module
 */

/** @import { Point } from "./types.ts" */

import { make, makeSvg, setText } from "./dom.js";
import { age } from "./format.js";
import { HISTORY_MS } from "./history.js";
import {
  areaPath,
  HEIGHT,
  linePath,
  nearest,
  places,
  timeTicks,
  WIDTH,
} from "./lines.js";

/**
 * What a chart shows.
 *
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {string} unit What stands behind the value, such as `calls/s`.
 * @property {readonly Line[]} lines The first one is that of the large figure.
 * @property {(value: number) => string} format
 * @property {(value: number) => string} [formatScale] That of the end of the scale.
 * @property {(value: number) => number} roundUp From the largest value to the end of the scale.
 */

/**
 * @typedef {object} Line
 * @property {string} name
 * @property {(point: Point) => number} value
 */

/** The least visible span, so that the first points are not stretched over the whole chart. */
const LEAST_SPAN_MS = 60_000;

/** One chart, with a cursor that the pointer and the arrow keys move. */
export class Chart {
  /** @type {ChartOptions} */
  #options;
  /** @type {readonly Point[]} */
  #points = [];
  #spanMs = LEAST_SPAN_MS;
  /** The time of the cursor; undefined while there is none. @type {number | undefined} */
  #cursorMs;
  /** @type {(timeMs: number | undefined) => void} */
  #onCursor;
  #now = make("strong", { class: "now" });
  #others = make("span", { class: "others" });
  #when = make("span", { class: "when" });
  #max = make("span", { class: "max" });
  #since = make("span", { class: "since" });
  #area = makeSvg("path", { class: "area" });
  #cursor = makeSvg("path", { class: "cursor" });
  #grid = makeSvg("path", { class: "grid" });
  /** @type {SVGElement[]} */
  #paths;
  #plot = make("div", { class: "plot", tabindex: "0", role: "slider" });

  /**
   * @param {ChartOptions} options
   * @param {(timeMs: number | undefined) => void} onCursor Is called when the cursor moves.
   */
  constructor(options, onCursor) {
    this.#options = options;
    this.#onCursor = onCursor;
    this.#paths = options.lines.map((_, index) =>
      makeSvg("path", { class: `line line-${index}` })
    );
    const svg = makeSvg("svg", {
      viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
      preserveAspectRatio: "none",
      "aria-hidden": "true",
    });
    svg.append(this.#grid, this.#area, ...this.#paths, this.#cursor);
    this.#plot.append(svg, this.#max);
    this.#plot.setAttribute("aria-label", options.title);
    this.element = make("figure", { class: "panel chart" }, [
      make("figcaption", {}, [
        make("span", { class: "title" }, [options.title]),
        this.#when,
      ]),
      make("p", { class: "figures" }, [
        this.#now,
        make("span", { class: "unit" }, [options.unit]),
        this.#others,
      ]),
      this.#plot,
      make("p", { class: "axis", "aria-hidden": "true" }, [
        this.#since,
        make("span", {}, ["now"]),
      ]),
    ]);
    this.#listen();
  }

  /**
   * Draws the points.
   *
   * @param {readonly Point[]} points
   * @returns {void}
   */
  draw(points) {
    this.#points = points;
    if (points.length === 0) return;
    const endMs = points[points.length - 1].timeMs;
    this.#spanMs = Math.min(
      HISTORY_MS,
      Math.max(LEAST_SPAN_MS, endMs - points[0].timeMs),
    );
    const { lines, format, formatScale = format, roundUp } = this.#options;
    const largest = Math.max(
      ...points.map((point) => Math.max(...lines.map((it) => it.value(point)))),
    );
    const max = roundUp(largest);
    const scale = { endMs, spanMs: this.#spanMs, max };
    for (const [index, { value }] of lines.entries()) {
      const all = places(points, value, scale);
      this.#paths[index].setAttribute("d", linePath(all));
      if (index === 0) this.#area.setAttribute("d", areaPath(all));
    }
    setText(this.#max, formatScale(max));
    setText(this.#since, `${age(this.#spanMs)} ago`);
    const ticks = timeTicks(-this.#spanMs, 0, 6).times;
    this.#grid.setAttribute(
      "d",
      ticks.map((ms) => `M${(1 + ms / this.#spanMs) * WIDTH} 0V${HEIGHT}`)
        .join(""),
    );
    this.#read();
  }

  /**
   * Puts the cursor at a time, or takes it away.
   *
   * @param {number | undefined} timeMs
   * @returns {void}
   */
  setCursor(timeMs) {
    this.#cursorMs = timeMs;
    this.#read();
  }

  /** Shows the values at the cursor, or the newest ones. */
  #read() {
    const points = this.#points;
    if (points.length === 0) return;
    const newest = points[points.length - 1];
    const point = this.#cursorMs === undefined
      ? newest
      : points[nearest(points, this.#cursorMs)];
    const agoMs = newest.timeMs - point.timeMs;
    const { lines, format } = this.#options;
    const values = lines.map(({ value }) => format(value(point)));
    setText(this.#now, values[0]);
    setText(
      this.#others,
      lines.slice(1).map(({ name }, index) => `${name} ${values[index + 1]}`)
        .join(" "),
    );
    setText(
      this.#when,
      this.#cursorMs === undefined ? "" : `${age(agoMs)} ago`,
    );
    const x = (1 - agoMs / this.#spanMs) * WIDTH;
    this.#cursor.setAttribute(
      "d",
      this.#cursorMs === undefined ? "" : `M${x} 0V${HEIGHT}`,
    );
    const seconds = Math.round(agoMs / 1000);
    this.#plot.setAttribute(
      "aria-valuemin",
      String(-Math.round(this.#spanMs / 1000)),
    );
    this.#plot.setAttribute("aria-valuemax", "0");
    this.#plot.setAttribute("aria-valuenow", String(-seconds));
    this.#plot.setAttribute(
      "aria-valuetext",
      `${
        lines.map(({ name }, index) => `${name} ${values[index]}`).join(", ")
      }` +
        (seconds === 0 ? "" : `, ${age(agoMs)} ago`),
    );
  }

  #listen() {
    this.#plot.addEventListener("pointermove", ({ clientX }) => {
      const { left, width } = this.#plot.getBoundingClientRect();
      const newest = this.#points.at(-1);
      if (newest === undefined) return;
      const part = 1 - (clientX - left) / width;
      this.#onCursor(newest.timeMs - part * this.#spanMs);
    });
    for (const name of ["pointerleave", "blur"]) {
      this.#plot.addEventListener(name, () => this.#onCursor(undefined));
    }
    this.#plot.addEventListener("keydown", (event) => {
      const points = this.#points;
      if (points.length === 0) return;
      const last = points.length - 1;
      const index = this.#cursorMs === undefined
        ? last
        : nearest(points, this.#cursorMs);
      /** @type {Readonly<Record<string, number>>} */
      const target = {
        ArrowLeft: index - 1,
        ArrowRight: index + 1,
        PageDown: index - 10,
        PageUp: index + 10,
        Home: 0,
        End: last,
      };
      const next = target[event.key];
      if (next === undefined) return;
      event.preventDefault();
      this.#onCursor(points[Math.min(last, Math.max(0, next))].timeMs);
    });
  }
}
