/**
 * The result of a benchmark on one runtime.
 *
 * @module
 */

import type { Figure } from "./benchmark.ts";
import type { Environment } from "./environment.ts";
import { type Spread, spread } from "./statistics.ts";

/** The contender that all others are compared with. */
export const LOOM = "loom";

/** One figure of one contender over all rounds. */
export interface Summary extends Spread {
  /** The median as a multiple of loom's; undefined where loom has none. */
  readonly timesLoom?: number;
}

/** The summaries of each contender by the keys of their figures. */
export type Summaries = Readonly<
  Record<string, Readonly<Record<string, Summary>>>
>;

/** Why a contender, or one figure of it, has no number. */
export interface Failure {
  readonly contender: string;
  /** Undefined when the contender has no figures at all. */
  readonly figure?: string;
  readonly reason: string;
}

/** The result of one benchmark on one runtime. */
export interface Result {
  readonly benchmark: string;
  readonly title: string;
  readonly figures: Readonly<Record<string, Figure>>;
  /** The command that made it. */
  readonly command: string;
  readonly rounds: number;
  readonly environment: Environment;
  /** What a reader of the figures has to know beyond the command. */
  readonly note?: string;
  /** loom first. Contenders that are not installed are left out. */
  readonly contenders: Summaries;
  readonly failures: readonly Failure[];
}

/** Returns one figure of one contender; undefined where it was not measured. */
export function measured(
  { contenders }: Result,
  contender: string,
  figure: string,
): Summary | undefined {
  return contenders[contender]?.[figure];
}

/** The numbers of each round, by contender and by the key of the figure. */
export type Rounds = Readonly<
  Record<string, Readonly<Record<string, readonly number[]>>>
>;

/** Summarizes rounds; contenders without any figure are left out. */
export function summarize(rounds: Rounds): Summaries {
  const summaries: Record<string, Record<string, Summary>> = {};
  for (const [name, figures] of Object.entries(rounds)) {
    for (const [key, values] of Object.entries(figures)) {
      const loom = rounds[LOOM]?.[key];
      (summaries[name] ??= {})[key] = summary(values, loom);
    }
  }
  return summaries;
}

function summary(
  values: readonly number[],
  loom: readonly number[] | undefined,
): Summary {
  const own = spread(values);
  const base = loom === undefined ? 0 : spread(loom).median;
  return base === 0 ? own : { ...own, timesLoom: own.median / base };
}
