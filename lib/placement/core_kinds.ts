/**
 * Finds efficiency cores. Machines report finer differences: a GB10 reports five kinds of
 * CPUs, and favoured cores run at slightly higher frequencies than others.
 *
 * @module
 */

import type { CpuKindRecord } from "../../ffi/machine.ts";

/** Kinds of cores that a runtime can be limited to. */
export type CoreKind = "performance" | "efficiency" | "any";

/**
 * Cores below this share of the strongest core are efficiency cores. On known processors,
 * cores of the strongest kind reach 91 % and more, and efficiency cores 81 % and less.
 */
const EFFICIENCY_SHARE = 0.85;

/**
 * Returns the CPUs of efficiency cores: those that the manufacturer calls so, or else those
 * whose highest frequency, or else whose capacity, is well below that of the strongest.
 * Empty if all CPUs are equal or nothing is known.
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
  const byName = kinds.filter(({ coreType }) => coreType === "IntelAtom");
  const weak = [
    byName.length < kinds.length ? byName : [],
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
