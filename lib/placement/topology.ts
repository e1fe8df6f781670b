/**
 * Which CPUs share a core, a package and a NUMA node, as plain records.
 *
 * @module
 */

import { parseCpuset } from "./cpuset.ts";
import { readSystemFile } from "./system_file.ts";

/** Where one CPU (a PU, a hardware thread) sits in the machine. */
export interface CpuRecord {
  /** The kernel's number of the CPU. */
  readonly cpu: number;
  /** Its core, counted over the whole machine; SMT siblings share it. */
  readonly core: number;
  /** The physical package (socket) of the core. */
  readonly package: number;
  /** The NUMA node that is local to the core. */
  readonly node: number;
  /** The highest frequency in kHz, where the kernel tells. */
  readonly maxFrequencyKhz?: number;
}

/**
 * Reads the records of `cpus` from sysfs at `root`, in the order of package, node,
 * core and CPU.
 *
 * A CPU about which nothing can be read counts as a core of its own.
 *
 * @example Usage
 * ```ts
 * import { readTopology } from "./topology.ts";
 *
 * for (const { cpu, core, node } of readTopology([0, 1])) {
 *   console.log(`CPU ${cpu}: core ${core}, NUMA node ${node}`);
 * }
 * ```
 */
export function readTopology(
  cpus: readonly number[],
  root: string = "/sys",
): CpuRecord[] {
  const nodes = readNodes(root);
  const places = cpus.map((cpu) => readPlace(cpu, nodes.get(cpu) ?? 0, root));
  places.sort((a, b) =>
    a.package - b.package || a.node - b.node ||
    a.firstSibling - b.firstSibling || a.cpu - b.cpu
  );
  return numberCores(places);
}

/** Records for CPUs of which nothing is known: one package, a core each. */
export function flatTopology(cpus: readonly number[]): CpuRecord[] {
  return [...cpus].sort((a, b) => a - b)
    .map((cpu, core) => ({ cpu, core, package: 0, node: 0 }));
}

/** A record before its core has a number: cores go by their lowest CPU. */
interface Place {
  readonly cpu: number;
  readonly firstSibling: number;
  readonly package: number;
  readonly node: number;
  readonly maxFrequencyKhz: number | undefined;
}

function readPlace(cpu: number, node: number, root: string): Place {
  const folder = `${root}/devices/system/cpu/cpu${cpu}`;
  // core_id is unique only within a die or a package, the sibling list always is.
  const siblings = readCpus(`${folder}/topology/core_cpus_list`) ??
    readCpus(`${folder}/topology/thread_siblings_list`) ?? [cpu];
  const packageId = readNumber(`${folder}/topology/physical_package_id`) ?? 0;
  return {
    cpu,
    firstSibling: siblings[0],
    // Some arm64 firmware does not number packages; the kernel then says -1.
    package: Math.max(packageId, 0),
    node,
    maxFrequencyKhz: readNumber(`${folder}/cpufreq/cpuinfo_max_freq`),
  };
}

/** The NUMA node of each CPU; empty where the kernel knows no nodes. */
function readNodes(root: string): Map<number, number> {
  const folder = `${root}/devices/system/node`;
  const nodes = new Map<number, number>();
  for (const node of readCpus(`${folder}/online`) ?? []) {
    // A node with memory but without CPUs has an empty list.
    for (const cpu of readCpus(`${folder}/node${node}/cpulist`) ?? []) {
      nodes.set(cpu, node);
    }
  }
  return nodes;
}

function numberCores(places: readonly Place[]): CpuRecord[] {
  let core = -1;
  let previousSibling: number | undefined;
  return places.map((place) => {
    if (place.firstSibling !== previousSibling) core++;
    previousSibling = place.firstSibling;
    const { cpu, package: packageId, node, maxFrequencyKhz } = place;
    const record = { cpu, core, package: packageId, node };
    return maxFrequencyKhz === undefined
      ? record
      : { ...record, maxFrequencyKhz };
  });
}

/** A list in the kernel's format; undefined when it is absent, empty or garbled. */
function readCpus(path: string): number[] | undefined {
  const text = readSystemFile(path)?.trim();
  if (!text) return undefined;
  try {
    return parseCpuset(text);
  } catch {
    return undefined;
  }
}

function readNumber(path: string): number | undefined {
  const text = readSystemFile(path)?.trim();
  if (!text || !/^-?\d+$/.test(text)) return undefined;
  return Number(text);
}
