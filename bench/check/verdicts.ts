/**
 * Compares ratios with stored ones.
 *
 * A ratio is that of the best rounds. Other load on the machine makes a round slower, never
 * faster, and it slows the others more than loom. With medians of three rounds, loom would
 * seem seven times slower only because a contender got its CPU back.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import { LOOM, measured, type Result } from "../harness/result.ts";
import { nameOf, type Watched } from "./watched.ts";

/** Stored ratios by name. */
export type Ratios = Readonly<Record<string, number>>;

/** The stored ratios of each runtime. */
export type Baseline = Readonly<Partial<Record<RuntimeName, Ratios>>>;

/** How a watched ratio compares with the stored one. */
export interface Verdict {
  readonly name: string;
  readonly benchmark: string;
  readonly kind:
    | "as before"
    | "better"
    | "worse"
    | "not stored"
    | "failed"
    | "left out";
  readonly stored?: number;
  readonly now?: number;
  /** The reason, or what to do next. */
  readonly note?: string;
}

/** A ratio that is up to so many times worse or better than stored counts as noise. */
export const TOLERANCE = 1.5;

/** Judges each watched ratio whose benchmark has a result. */
export function judge(
  watched: readonly Watched[],
  results: readonly Result[],
  stored: Ratios,
  tolerance: number = TOLERANCE,
): Verdict[] {
  return watched.flatMap((one) => {
    const result = results.find(({ benchmark }) => benchmark === one.benchmark);
    return result === undefined
      ? []
      : [judgeOne(one, result, stored[nameOf(one)], tolerance)];
  });
}

/** Whether the check fails because of it. */
export function isFailure({ kind }: Verdict): boolean {
  return kind === "worse" || kind === "not stored" || kind === "failed";
}

/** The ratios to store: the measured ones, and the stored ones that were not measured. */
export function updated(stored: Ratios, verdicts: readonly Verdict[]): Ratios {
  const ratios: Record<string, number> = { ...stored };
  for (const { name, now } of verdicts) {
    if (now !== undefined) ratios[name] = Number(now.toPrecision(3));
  }
  return ratios;
}

function judgeOne(
  watched: Watched,
  result: Result,
  stored: number | undefined,
  tolerance: number,
): Verdict {
  const { benchmark, figure, to } = watched;
  const common = { name: nameOf(watched), benchmark, stored };
  const loom = measured(result, LOOM, figure)?.min;
  const other = measured(result, to, figure)?.min;
  if (loom === undefined) {
    return { ...common, kind: "failed", note: absence(result, LOOM, figure) };
  }
  if (other === undefined || other <= 0) {
    return { ...common, kind: "left out", note: absence(result, to, figure) };
  }
  const now = loom / other;
  if (stored === undefined) {
    const note = "bench:check --update stores it";
    return { ...common, now, kind: "not stored", note };
  }
  if (now > stored * tolerance) return { ...common, now, kind: "worse" };
  if (now < stored / tolerance) {
    const note = "if it stays so, store it with bench:check --update";
    return { ...common, now, kind: "better", note };
  }
  return { ...common, now, kind: "as before" };
}

function absence({ failures }: Result, contender: string, figure: string) {
  const failure = failures.find((one) =>
    one.contender === contender && (one.figure ?? figure) === figure
  );
  return failure === undefined
    ? `${contender} was not measured`
    : `${contender}: ${failure.reason}`;
}
