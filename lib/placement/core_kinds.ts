/**
 * Which cores are efficiency cores. Machines tell CPUs apart more finely than that:
 * a GB10 reports five kinds, and favoured cores clock a little higher than others.
 *
 * @module
 */

import type { CpuKindRecord } from "../../ffi/machine.ts";

/** Kinds of cores that a runtime may be limited to. */
export type CoreKind = "performance" | "efficiency" | "any";

/**
 * Favoured cores of one kind reach 91 % of the strongest and more, efficiency cores
 * of known processors 81 % and less.
 */
const EFFICIENCY_SHARE = 0.85;

/**
 * The efficiency cores' CPUs: by the maker's word, else those whose highest
 * frequency, or else whose capacity, is well below the strongest. None when all
 * CPUs are alike or nothing is known of them.
 *
 * @example Usage
 * ```ts
 * import { efficiencyCpus } from "./core_kinds.ts";
 * import assert from "node:assert/strict";
 *
 * const kinds = [
 *   { cpus: [0, 1], maxFrequencyMhz: 5200 },
 *   { cpus: [2, 3], maxFrequencyMhz: 5000 },
 *   { cpus: [4, 5], maxFrequencyMhz: 3900 },
 * ];
 * assert.deepEqual([...efficiencyCpus(kinds)], [4, 5]);
 * ```
 */
export function efficiencyCpus(kinds: readonly CpuKindRecord[]): Set<number> {
  const byWord = kinds.filter(({ coreType }) => coreType === "IntelAtom");
  const weak = [
    byWord.length < kinds.length ? byWord : [],
    weakest(kinds, ({ maxFrequencyMhz }) => maxFrequencyMhz),
    weakest(kinds, ({ capacity }) => capacity),
  ].find((found) => found.length > 0) ?? [];
  return new Set(weak.flatMap(({ cpus }) => cpus));
}

function weakest(
  kinds: readonly CpuKindRecord[],
  strengthOf: (kind: CpuKindRecord) => number | undefined,
): CpuKindRecord[] {
  const strengths = kinds.map((kind) => strengthOf(kind) ?? 0);
  const limit = Math.max(0, ...strengths) * EFFICIENCY_SHARE;
  return kinds.filter((_, i) => strengths[i] > 0 && strengths[i] < limit);
}
