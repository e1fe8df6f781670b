/**
 * Bars: limits that the figures of loom must not exceed.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import { LOOM, measured, type Result } from "../harness/result.ts";

/** The pools that npm has. */
const NPM_POOLS = [
  "piscina",
  "tinypool",
  "workerpool",
  "poolifier",
  "multithreading",
  "comlink",
];

/** A figure of loom, alone or as a multiple of the best of some other contenders. */
export interface Bar {
  readonly text: string;
  readonly benchmark: string;
  readonly figure: string;
  /** Undefined for a figure in its own unit, alone. */
  readonly to?: readonly string[];
  readonly atMost: Readonly<Record<RuntimeName, number>>;
}

/** Whether the figure of loom stays within a bar. */
export interface BarVerdict {
  readonly text: string;
  readonly kind: "met" | "unmet" | "no result";
  readonly atMost: number;
  readonly now?: number;
  readonly note?: string;
}

const ONE = { benchmark: "latency", figure: "p50" } as const;
const MANY = { benchmark: "throughput", figure: "at1000" } as const;
const LATENCY = "one call after another, p50";
const BATCH = "1,000 calls at once, per call";

/** Every bar. */
export const BARS: readonly Bar[] = [
  {
    ...ONE,
    text: `${LATENCY} / native tokio + rayon`,
    to: ["tokio + rayon"],
    atMost: { Deno: 0.25, Bun: 0.15 },
  },
  {
    ...ONE,
    text: `${LATENCY} / knitting`,
    to: ["knitting"],
    atMost: { Deno: 0.35, Bun: 0.5 },
  },
  {
    ...ONE,
    text: `${LATENCY} / fastest npm pool`,
    to: NPM_POOLS,
    atMost: { Deno: 0.02, Bun: 0.02 },
  },
  {
    ...ONE,
    text: `${LATENCY} / floor`,
    to: ["floor"],
    atMost: { Deno: 1.5, Bun: 1.5 },
  },
  {
    ...MANY,
    text: `${BATCH} / native tokio + rayon`,
    to: ["tokio + rayon"],
    atMost: { Deno: 1.5, Bun: 1 },
  },
  {
    ...MANY,
    text: `${BATCH} / knitting`,
    to: ["knitting"],
    atMost: { Deno: 0.5, Bun: 0.5 },
  },
  {
    ...MANY,
    text: `${BATCH} / floor`,
    to: ["floor"],
    atMost: { Deno: 1.5, Bun: 1.5 },
  },
  {
    benchmark: "completion",
    figure: "delay50",
    text: "delay of a call of 50 ms, µs",
    atMost: { Deno: 200, Bun: 200 },
  },
  {
    benchmark: "completion",
    figure: "idleCpu",
    text: "CPU in 10 idle s, ms",
    atMost: { Deno: 50, Bun: 50 },
  },
  {
    benchmark: "memory",
    figure: "retained",
    text: "heap kept after a million calls, B",
    atMost: { Deno: 1e6, Bun: 1e6 },
  },
  {
    benchmark: "payload",
    figure: "bytes1m",
    text: "1 MB by value / postMessage by structured clone",
    to: ["postMessage"],
    atMost: { Deno: 0.7, Bun: 0.7 },
  },
  {
    benchmark: "payload",
    figure: "view1m",
    text: "1 MB shared / postMessage with transfer",
    to: ["postMessage"],
    atMost: { Deno: 0.2, Bun: 0.2 },
  },
];

/**
 * Judges the bars by the results of one runtime. Bars to contenders that were not measured
 * are left out.
 */
export function judgeBars(
  results: readonly Result[],
  runtime: RuntimeName,
): BarVerdict[] {
  return BARS.flatMap((bar): BarVerdict[] => {
    const common = { text: bar.text, atMost: bar.atMost[runtime] };
    const loom = valueOfLoom(bar, results);
    if (loom === undefined) {
      const note = `bench ${bar.benchmark} --save measures it`;
      return [{ ...common, kind: "no result", note }];
    }
    const found = bar.to === undefined
      ? { now: loom }
      : ratioToBest(loom, bar, results);
    if (found === undefined) return [];
    const kind = found.now <= common.atMost ? "met" : "unmet";
    return [{ ...common, kind, ...found }];
  });
}

function resultOf({ benchmark }: Bar, results: readonly Result[]) {
  return results.find((one) => one.benchmark === benchmark);
}

function valueOfLoom(bar: Bar, results: readonly Result[]) {
  const result = resultOf(bar, results);
  return result && measured(result, LOOM, bar.figure)?.median;
}

/** The ratio to the best of the others; undefined when none was measured. */
function ratioToBest(
  loom: number,
  bar: Bar,
  results: readonly Result[],
): { now: number; note?: string } | undefined {
  const { to = [], figure } = bar;
  const result = resultOf(bar, results)!;
  const others = to.flatMap((name) => {
    const median = measured(result, name, figure)?.median;
    return median === undefined || median <= 0 ? [] : [{ name, median }];
  });
  if (others.length === 0) return undefined;
  const best = others.reduce((a, b) => b.median < a.median ? b : a);
  const note = to.length > 1 ? { note: `that is ${best.name}` } : {};
  return { now: loom / best.median, ...note };
}
