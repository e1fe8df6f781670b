/**
 * Judges bars by results.
 *
 * @module
 */

import type { Figure } from "../harness/benchmark.ts";
import type { RuntimeName } from "../harness/environment.ts";
import { LOOM, measured, type Result } from "../harness/result.ts";
import { type Bar, BARS } from "./bars.ts";

/** Whether the figure of loom stays within a bar, on one runtime. */
export interface BarVerdict {
  readonly text: string;
  readonly kind: "met" | "unmet" | "no limit" | "no result" | "left out";
  readonly atMost?: number;
  /** The ratio, or the figure of loom if it stands alone. */
  readonly now?: number;
  /** Medians of a ratio. */
  readonly medians?: readonly [loom: number, other: number];
  readonly unit?: Figure["unit"];
  readonly note?: string;
}

/**
 * Judges every bar by the results of one runtime. Bars to contenders that were not measured
 * are left out.
 */
export function judgeBars(
  results: readonly Result[],
  runtime: RuntimeName,
): BarVerdict[] {
  const own = results.filter(({ environment }) =>
    environment.runtime === runtime
  );
  return BARS.map((bar) => {
    const result = own.find(({ benchmark }) => benchmark === bar.benchmark);
    return judgeOne(bar, result, bar.atMost[runtime]);
  });
}

/** Whether a check of the bars fails because of it. */
export function isUnmet({ kind }: BarVerdict): boolean {
  return kind === "unmet" || kind === "no result";
}

function judgeOne(
  bar: Bar,
  result: Result | undefined,
  atMost: number | undefined,
): BarVerdict {
  const common = { text: bar.text, atMost };
  const loom = result && measured(result, LOOM, bar.figure)?.median;
  if (result === undefined || loom === undefined) {
    const note = `bench ${bar.benchmark} --save measures it`;
    return { ...common, kind: "no result", note };
  }
  const found = valueOf(bar, loom, result);
  if (found === undefined) return { ...common, kind: "left out" };
  const unit = result.figures[bar.figure]?.unit;
  return { ...common, kind: kindOf(found.now, atMost), unit, ...found };
}

function kindOf(now: number, atMost: number | undefined): BarVerdict["kind"] {
  if (atMost === undefined) return "no limit";
  return now <= atMost ? "met" : "unmet";
}

/** The value to judge; undefined when none of the others was measured. */
function valueOf(
  { to, figure, toFigure = figure }: Bar,
  loom: number,
  result: Result,
): Pick<BarVerdict, "medians" | "note"> & { now: number } | undefined {
  if (to === undefined) return { now: loom };
  const others = to.flatMap((name) => {
    const median = measured(result, name, toFigure)?.median;
    return median === undefined || median <= 0 ? [] : [{ name, median }];
  });
  if (others.length === 0) return undefined;
  const best = others.reduce((a, b) => b.median < a.median ? b : a);
  return {
    now: loom / best.median,
    medians: [loom, best.median],
    ...to.length > 1 ? { note: `that is ${best.name}` } : {},
  };
}
