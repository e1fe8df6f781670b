/**
 * Where the panels of a plot lie, and which scale each has.
 *
 * @module
 */

import type { Figure } from "../harness/benchmark.ts";
import type { Spread } from "../harness/statistics.ts";
import { WIDTH } from "./look.ts";

/** One figure of all contenders. */
export interface Panel {
  readonly title: readonly string[];
  readonly figure: Figure;
  /** By contender; undefined where it has none. */
  readonly rows: readonly (Spread | undefined)[];
}

/** A rectangle, in pixels. */
export interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** A horizontal axis. */
export interface Scale {
  readonly type: "log" | "value";
  readonly min: number;
  readonly max: number;
}

/** The height of one line of a panel's title. */
export const TITLE_LINE = 17;
/** Between a panel's title and its rows. */
export const TITLE_GAP = 6;
/** Right of each panel, for the numbers. */
export const NUMBERS = 62;

const TOP = 76, MARGIN = 16, NAMES = 118, GAP = 22;
const ROW = 19, AXIS = 42;
/** About as wide as a letter of a title. */
const LETTER = 7.6;
/** From which ratio on small values would vanish on a linear axis. */
const WIDE = 20;

/** How many panels stand side by side. */
export function columnCount(panels: number): number {
  return panels > 4 ? 3 : Math.min(2, panels);
}

/** Breaks a title into lines that fit into a panel. */
export function titleLines(text: string, columns: number): string[] {
  const room = panelWidth(columns) / LETTER;
  const lines: string[] = [""];
  for (const word of text.split(" ")) {
    const longer = `${lines.at(-1)} ${word}`.trim();
    if (longer.length <= room) lines[lines.length - 1] = longer;
    else lines.push(word);
  }
  return lines;
}

/** Where each panel's rows lie, and how high all of it is. */
export function placePanels(
  panels: readonly Panel[],
  columns: number,
): { places: Place[]; height: number } {
  const width = panelWidth(columns);
  const places: Place[] = [];
  let top = TOP;
  for (let first = 0; first < panels.length; first += columns) {
    const line = panels.slice(first, first + columns);
    const titles = Math.max(...line.map(({ title }) => title.length));
    top += titles * TITLE_LINE + TITLE_GAP;
    const height = line[0].rows.length * ROW;
    line.forEach((_, column) =>
      places.push({
        left: MARGIN + NAMES + column * (width + GAP),
        top,
        width: width - NUMBERS,
        height,
      })
    );
    top += height + AXIS;
  }
  return { places, height: top };
}

function panelWidth(columns: number): number {
  return (WIDTH - MARGIN - NAMES - MARGIN - (columns - 1) * GAP) / columns;
}

/** Wide ranges of one unit share a logarithmic scale; others begin at zero. */
export function scaleOf(panel: Panel, panels: readonly Panel[]): Scale {
  const alike = panels.filter(({ figure }) =>
    figure.unit === panel.figure.unit
  );
  const all = rangeOf(alike);
  if (all.min > 0 && all.max / all.min > WIDE) {
    return {
      type: "log",
      min: 10 ** Math.floor(Math.log10(all.min)),
      max: all.max * 1.1,
    };
  }
  const { min, max } = rangeOf([panel]);
  return { type: "value", min: Math.min(0, min), max: Math.max(0, max) };
}

function rangeOf(panels: readonly Panel[]): { min: number; max: number } {
  const spreads = panels.flatMap(({ rows }) =>
    rows.filter((row) => row !== undefined)
  );
  return {
    min: Math.min(...spreads.map((spread) => spread.min)),
    max: Math.max(...spreads.map((spread) => spread.max)),
  };
}
