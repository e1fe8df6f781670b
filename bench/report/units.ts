/**
 * Formats numbers and units.
 *
 * @module
 */

import type { Figure } from "../harness/benchmark.ts";

const SYMBOLS: Readonly<Record<Figure["unit"], string>> = {
  us: "µs",
  ms: "ms",
  bytes: "B",
  ratio: "",
};

/** Returns the label of a figure with its unit. */
export function figureTitle({ label, unit }: Figure): string {
  const text = label.replace(/\bus\b/g, SYMBOLS.us);
  return unit === "ratio" ? text : `${text}, ${SYMBOLS[unit]}`;
}

/** Formats with three significant digits and the unit: 12.5 ms. */
export function formatWithUnit(value: number, unit: Figure["unit"]): string {
  return `${formatNumber(value)} ${SYMBOLS[unit]}`.trimEnd();
}

/** Formats with three significant digits: 0.0823, 1.2, 34.5, 21,350. */
export function formatNumber(value: number): string {
  const size = Math.abs(value);
  if (size >= 100 || value === 0) return separate(Math.round(value));
  return String(Number(value.toPrecision(3)));
}

/** Formats a round number briefly: 0.1, 10, 1k, 2.5M. */
export function formatShort(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e6) return `${formatNumber(value / 1e6)}M`;
  if (size >= 1e3) return `${formatNumber(value / 1e3)}k`;
  return formatNumber(value);
}

/** Formats a ratio: 175x, 0.36x. */
export function formatRatio(ratio: number): string {
  return `${ratio >= 10 ? separate(Math.round(ratio)) : twoDigits(ratio)}x`;
}

function twoDigits(value: number): string {
  return value.toPrecision(2);
}

/** Separates thousands; a locale would differ between machines. */
function separate(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}
