/**
 * The position of each CPU in the machine, in the order in which threads are placed.
 *
 * @module
 */

import type { Machine } from "../../ffi/machine.ts";
import { efficiencyCpus } from "./core_kinds.ts";

/** The position of a CPU (a PU, a hardware thread) in the machine. */
export interface CpuRecord {
  /** The kernel's number of the CPU. */
  readonly cpu: number;
  /** Number of its core among those of one call; SMT siblings share it. */
  readonly core: number;
  /** Number of the physical package (socket). */
  readonly package: number;
  /** Number of the NUMA node; -1 if the CPU has none. */
  readonly node: number;
  /** Number of its third-level cache in the machine. */
  readonly l3: number;
  /** Whether its core is an efficiency core. */
  readonly isEfficiency: boolean;
}

/**
 * Returns the records of `cpus` in the order of package, node, cache, core and CPU. The
 * order depends only on the kernel's numbers, so it is the same for hwloc and sysfs.
 *
 * A CPU that is not part of `machine` counts as a core of its own.
 *
 * @example Usage
 * ```ts
 * import { cpuRecords } from "./topology.ts";
 * import { readSysfs } from "./sysfs.ts";
 *
 * for (const { cpu, core, node } of cpuRecords(readSysfs(), [0, 1])) {
 *   console.log(`CPU ${cpu}: core ${core}, NUMA node ${node}`);
 * }
 * ```
 */
export function cpuRecords(
  machine: Machine,
  cpus: readonly number[],
): CpuRecord[] {
  const packages = owners(machine.packages, ({ index }) => index);
  const nodes = nodesOf(machine);
  const l3s = owners(machine.l3Groups, (_, index) => index);
  const cores = owners(machine.cores, ({ cpus }) => cpus[0]);
  const efficiency = efficiencyCpus(machine.kinds);
  const withoutNode = machine.nodes.length === 0 ? 0 : -1;
  const records = [...new Set(cpus)].map((cpu) => ({
    cpu,
    core: cores.get(cpu) ?? cpu,
    package: packages.get(cpu) ?? 0,
    node: nodes.get(cpu) ?? withoutNode,
    l3: l3s.get(cpu) ?? 0,
    isEfficiency: efficiency.has(cpu),
  })).sort(compareRecords);
  return numberCores(records);
}

/** Records for CPUs of an unknown machine: one package, and a core for each CPU. */
export function flatTopology(cpus: readonly number[]): CpuRecord[] {
  return [...cpus].sort((a, b) => a - b).map((cpu, core) => ({
    cpu,
    core,
    package: 0,
    node: 0,
    l3: 0,
    isEfficiency: false,
  }));
}

/** Compares by position in the machine. CPUs without a node come last in a package. */
export function compareRecords(a: CpuRecord, b: CpuRecord): number {
  return a.package - b.package || compareNodes(a.node, b.node) ||
    a.l3 - b.l3 || a.core - b.core || a.cpu - b.cpu;
}

function compareNodes(a: number, b: number): number {
  return Number(a < 0) - Number(b < 0) || a - b;
}

/** The number of the first of `parts` that each CPU belongs to. */
function owners<T extends { readonly cpus: readonly number[] }>(
  parts: readonly T[],
  numberOf: (part: T, index: number) => number,
): Map<number, number> {
  const found = new Map<number, number>();
  parts.forEach((part, index) => {
    for (const cpu of part.cpus) {
      if (!found.has(cpu)) found.set(cpu, numberOf(part, index));
    }
  });
  return found;
}

/** The memory of a GPU may be a node with all CPUs of a package; smaller nodes win. */
function nodesOf({ nodes }: Machine): Map<number, number> {
  const smallestFirst = nodes.toSorted((a, b) =>
    a.cpus.length - b.cpus.length || a.index - b.index
  );
  return owners(smallestFirst, ({ index }) => index);
}

function numberCores(records: readonly CpuRecord[]): CpuRecord[] {
  const numbers = new Map<number, number>();
  return records.map((record) => {
    if (!numbers.has(record.core)) numbers.set(record.core, numbers.size);
    return { ...record, core: numbers.get(record.core)! };
  });
}
