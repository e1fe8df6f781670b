// @ts-check
/**
 * The geometry of line charts: from values to scales and paths.
 *
 * @module
 */

/**
 * The smallest of 1, 2, 5, 10, 20, 50, … that is not below `value`, so that the scale of a chart
 * seldom changes.
 *
 * @param {number} value
 * @returns {number}
 */
export function roundUp(value) {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  // Without the tolerance, 0.3 / 0.1 would be above 3.
  const step = [1, 2, 5].find((step) => value / power <= step + 1e-9) ?? 10;
  return step * power;
}

/**
 * {@linkcode roundUp} for bytes: to powers of two.
 *
 * @param {number} value
 * @returns {number}
 */
export function roundUpBytes(value) {
  return 2 ** Math.ceil(Math.log2(Math.max(1024, value)));
}

/**
 * Round times in a span, at most `most` of them.
 *
 * @param {number} startMs
 * @param {number} endMs
 * @param {number} most
 * @returns {{ stepMs: number, times: number[] }}
 */
export function timeTicks(startMs, endMs, most) {
  const least = (endMs - startMs) / most;
  // Up to a second in powers of ten, then as clocks have it.
  const stepMs = least <= 1000
    ? roundUp(least)
    : [1, 2, 5, 10, 15, 30, 60, 120, 300, 600].map((s) => s * 1000)
      .find((ms) => ms >= least) ?? 3_600_000;
  const times = [];
  for (let n = Math.ceil(startMs / stepMs); n * stepMs <= endMs; n++) {
    times.push(n * stepMs);
  }
  return { stepMs, times };
}

/** The area in which paths are drawn; it is stretched to that of the chart. */
export const WIDTH = 1000;
export const HEIGHT = 100;

/**
 * A place in a chart.
 *
 * @typedef {object} Place
 * @property {number} x From 0 to {@linkcode WIDTH}.
 * @property {number} y From 0 at the top to {@linkcode HEIGHT}.
 * @property {boolean} afterGap Whether no line leads to it.
 */

/**
 * Puts values in their places.
 *
 * @template {{ readonly timeMs: number, readonly afterGap: boolean }} P
 * @param {readonly P[]} points
 * @param {(point: P) => number} value
 * @param {{ endMs: number, spanMs: number, max: number }} scale
 * @returns {Place[]}
 */
export function places(points, value, { endMs, spanMs, max }) {
  return points.map((point) => ({
    x: (1 - (endMs - point.timeMs) / spanMs) * WIDTH,
    y: (1 - Math.min(1, value(point) / max)) * HEIGHT,
    afterGap: point.afterGap,
  }));
}

/**
 * A line through places, as the `d` of a path.
 *
 * @param {readonly Place[]} all
 * @returns {string}
 */
export function linePath(all) {
  return all.map(({ x, y, afterGap }, index) =>
    `${index === 0 || afterGap ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(2)}`
  ).join("");
}

/**
 * The area below the line, as the `d` of a path.
 *
 * @param {readonly Place[]} all
 * @returns {string}
 */
export function areaPath(all) {
  return all.map(({ x, y, afterGap }, index) => {
    const foot = `${x.toFixed(1)} ${HEIGHT}`;
    const begins = index === 0 || afterGap;
    const ends = index === all.length - 1 || all[index + 1].afterGap;
    return `${begins ? `M${foot}` : ""}L${x.toFixed(1)} ${y.toFixed(2)}` +
      (ends ? `L${foot}Z` : "");
  }).join("");
}

/**
 * The index of the point that is nearest to a time; -1 without points.
 *
 * @param {readonly { readonly timeMs: number }[]} points In ascending order.
 * @param {number} timeMs
 * @returns {number}
 */
export function nearest(points, timeMs) {
  let best = -1;
  let bestMs = Infinity;
  points.forEach((point, index) => {
    const ms = Math.abs(point.timeMs - timeMs);
    if (ms <= bestMs) [best, bestMs] = [index, ms];
  });
  return best;
}
