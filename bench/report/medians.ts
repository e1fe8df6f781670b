/**
 * What a report shows of a result.
 *
 * @module
 */

import type { Result } from "../harness/result.ts";
import { type Spread, spread } from "../harness/statistics.ts";

/** The contender that all others are compared with. */
export const LOOM = "loom";

/** One figure of one contender; undefined where it was not measured. */
export function measured(
  { outcomes }: Result,
  contender: string,
  figure: string,
): Spread | undefined {
  const outcome = outcomes[contender];
  if (outcome === undefined || "absent" in outcome) return undefined;
  const values = outcome.rounds[figure];
  return values === undefined || values.length === 0
    ? undefined
    : spread(values);
}

/** A contender's median as a multiple of loom's. */
export function timesLoom(
  result: Result,
  contender: string,
  figure: string,
): number | undefined {
  const loom = measured(result, LOOM, figure);
  const other = measured(result, contender, figure);
  return loom === undefined || other === undefined || loom.median === 0
    ? undefined
    : other.median / loom.median;
}

/** The contenders that have figures, in the order in which they were measured. */
export function presentContenders({ outcomes }: Result): string[] {
  return Object.keys(outcomes).filter((name) => !("absent" in outcomes[name]));
}

/** How many rounds there were. */
export function roundCount({ outcomes }: Result): number {
  const counts = Object.values(outcomes).flatMap((outcome) =>
    "absent" in outcome
      ? []
      : Object.values(outcome.rounds).map((values) => values.length)
  );
  return Math.max(0, ...counts);
}
