// @ts-check
/**
 * Numbers for people: three digits, and a unit of a fitting size.
 *
 * @module
 */

/**
 * Such as `0`, `9.87`, `123`, `12.3k` or `4.56M`.
 *
 * @param {number} value
 * @returns {string}
 */
export function count(value) {
  return scaled(value, 1000, ["", "k", "M", "G", "T"]);
}

/**
 * Such as `640 ns`, `12.3 µs`, `4.56 ms`, `1.2 s` or `3.5 min`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function duration(ms) {
  if (ms === 0) return "0";
  if (ms < 0.001) return `${digits(ms * 1e6)} ns`;
  if (ms < 1) return `${digits(ms * 1000)} µs`;
  if (ms < 1000) return `${digits(ms)} ms`;
  if (ms < 120_000) return `${digits(ms / 1000)} s`;
  if (ms < 7_200_000) return `${digits(ms / 60_000)} min`;
  return `${digits(ms / 3_600_000)} h`;
}

/**
 * Such as `512 B`, `1.5 KiB` or `31.2 MiB`.
 *
 * @param {number} value
 * @returns {string}
 */
export function bytes(value) {
  return scaled(value, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);
}

/**
 * Such as `42%`; what is not 0 is not shown as 0.
 *
 * @param {number} part From 0 to 1.
 * @returns {string}
 */
export function percent(part) {
  if (part > 0 && part < 0.01) return "<1%";
  return `${Math.round(part * 100)}%`;
}

/**
 * How long something has been: two units at most, such as `12 s`, `3 min 20 s` or `2 d 4 h`.
 *
 * @param {number} ms
 * @returns {string}
 */
export function age(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [min, h, d] = [60, 3600, 86_400].map((unit) => Math.floor(s / unit));
  const units = [[d, "d"], [h % 24, "h"], [min % 60, "min"], [s % 60, "s"]];
  const first = units.findIndex(([value]) => value !== 0);
  return first < 0 ? "0 s" : units.slice(first, first + 2)
    .filter(([value]) => value !== 0)
    .map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/**
 * @param {number} value
 * @param {number} step
 * @param {readonly string[]} units
 * @returns {string}
 */
function scaled(value, step, units) {
  let unit = 0;
  // What would be rounded to a whole step belongs to the next unit.
  while (Math.abs(value) >= step * 0.9995 && unit < units.length - 1) {
    value /= step;
    unit++;
  }
  return digits(value) + units[unit];
}

/**
 * @param {number} value
 * @returns {string}
 */
function digits(value) {
  if (Math.abs(value) >= 100) return value.toFixed(0);
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}
