/**
 * The look of every plot. The colours can be distinguished with any kind of colour vision
 * (after Paul Tol's "muted" scheme), and no plot relies on colour alone.
 *
 * @module
 */

import { LOOM, type Result } from "../harness/result.ts";

/** The width of every plot, as wide as GitHub shows a README. */
export const WIDTH = 880;
/** Fonts, at least one of which every system has. */
export const FONT = "Helvetica, Arial, 'DejaVu Sans', sans-serif";
/** White: GitHub's dark mode would show dark text on a dark ground otherwise. */
export const GROUND = "#ffffff";
/** The colours of text, of less important text and of lines. */
export const INK = "#1f2328", QUIET = "#59636e", FAINT = "#d9dee3";

/** The look of one contender. */
export interface Look {
  readonly color: string;
  readonly symbol: string;
  readonly width: number;
  readonly dash: "solid" | "dashed" | "dotted";
}

/** Points down; the library has no such symbol of its own. */
const DOWN = "path://M0,0L10,0L5,9Z";

const LOOKS: Readonly<Record<string, Partial<Look>>> = {
  [LOOM]: { color: "#d1450b", symbol: "circle", width: 3.5 },
  postMessage: { color: "#332288", symbol: "rect" },
  piscina: { color: "#117733", symbol: "triangle" },
  tinypool: { color: "#2a9485", symbol: "diamond" },
  workerpool: { color: "#2e8bc0", symbol: "emptyDiamond" },
  poolifier: { color: "#7f7f1e", symbol: "emptyRect" },
  multithreading: { color: "#aa4499", symbol: "emptyTriangle" },
  comlink: { color: "#c0506a", symbol: "emptyCircle" },
  knitting: { color: "#8a5a00", symbol: DOWN },
  // References rather than pools.
  floor: { color: "#1f2328", symbol: "none", dash: "dotted" },
  "no calls": { color: "#1f2328", symbol: "none", dash: "dotted" },
  "on the event loop": { color: "#6e7781", symbol: "none", dash: "dashed" },
  "loom-rs": { color: "#a475f9", symbol: "none", dash: "dashed" },
  "tokio + rayon": { color: "#6e7781", symbol: "none", dash: "dashed" },
};

/** Returns the look of a contender, the same in every plot. */
export function lookOf(contender: string): Look {
  return {
    color: QUIET,
    symbol: "circle",
    width: 1.6,
    dash: "solid",
    ...LOOKS[contender],
  };
}

/** The two lines above a plot. */
export function heading(result: Result, advice: string) {
  const { runtime, version, cpu, cpuCount } = result.environment;
  const { rounds } = result;
  return {
    text: result.title,
    subtext:
      `${runtime} ${version} on ${cpuCount} CPUs of ${cpu}; median of ${rounds} ${
        rounds === 1 ? "round" : "rounds"
      }. ${advice}`,
    left: 16,
    top: 12,
    itemGap: 6,
    textStyle: { color: INK, fontSize: 17, fontFamily: FONT },
    subtextStyle: { color: QUIET, fontSize: 12, fontFamily: FONT },
  };
}
