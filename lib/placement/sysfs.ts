/**
 * Reads this machine from `/sys` into the same records as hwloc. Used where libhwloc is not
 * installed.
 *
 * @module
 */

import type {
  CacheRecord,
  CoreRecord,
  CpuKindRecord,
  Machine,
  NodeRecord,
  PackageRecord,
} from "../../ffi/machine.ts";
import { intersectCpus } from "./cpuset.ts";
import { readDisplays } from "./sysfs_displays.ts";
import { readCpus, readNumber, readSystemFile } from "./system_file.ts";

/** Options for reading sysfs. */
export interface SysfsOptions {
  /** CPUs to describe if the list of online CPUs cannot be read. */
  readonly cpus?: readonly number[];
  /** Whether to read PCI devices. */
  readonly devices?: boolean;
  /** Where sysfs is mounted. */
  readonly root?: string;
}

/**
 * Reads the machine. A CPU without readable topology is a core of its own in package 0.
 * Other records that cannot be read are omitted.
 *
 * @example Usage
 * ```ts
 * import { readSysfs } from "./sysfs.ts";
 *
 * for (const { index, cpus } of readSysfs().nodes) {
 *   console.log(`NUMA node ${index}: ${cpus.length} CPUs`);
 * }
 * ```
 */
export function readSysfs(options: SysfsOptions = {}): Machine {
  const root = options.root ?? "/sys";
  const folder = `${root}/devices/system/cpu`;
  const online = readCpus(`${folder}/online`) ??
    [...options.cpus ?? []].sort((a, b) => a - b);
  const cores = readCores(folder, online);
  const nodes = readNodes(`${root}/devices/system/node`, online);
  const packages = readPackages(folder, cores);
  const l3Groups = readL3Groups(folder, online);
  return {
    source: "sysfs",
    cpus: online,
    packages,
    nodes,
    l3Groups,
    cores,
    kinds: readKinds(root, cores),
    displays: options.devices
      ? readDisplays(root, { cpus: online, nodes, packages, l3Groups })
      : [],
  };
}

function readCores(folder: string, online: readonly number[]): CoreRecord[] {
  return groupCpus(online, (cpu) => {
    const topology = `${folder}/cpu${cpu}/topology`;
    // core_id is unique only within a die or a package, but the sibling list always is.
    return readCpus(`${topology}/core_cpus_list`) ??
      readCpus(`${topology}/thread_siblings_list`) ?? [cpu];
  }).map((cpus) => ({ cpus }));
}

function readPackages(
  folder: string,
  cores: readonly CoreRecord[],
): PackageRecord[] {
  const packages = new Map<number, number[]>();
  for (const { cpus } of cores) {
    const id = readNumber(
      `${folder}/cpu${cpus[0]}/topology/physical_package_id`,
    ) ?? 0;
    // Some arm64 firmware does not number packages; the kernel then reports -1.
    const index = Math.max(id, 0);
    packages.set(index, [...packages.get(index) ?? [], ...cpus]);
  }
  return [...packages].map(([index, cpus]) => ({
    index,
    cpus: cpus.sort((a, b) => a - b),
  })).sort((a, b) => a.index - b.index);
}

function readNodes(folder: string, online: readonly number[]): NodeRecord[] {
  return (readCpus(`${folder}/online`) ?? []).map((index) => ({
    index,
    memoryBytes: readMemoryBytes(`${folder}/node${index}/meminfo`),
    // A node with memory but without CPUs has an empty list.
    cpus: intersectCpus(
      readCpus(`${folder}/node${index}/cpulist`) ?? [],
      online,
    ),
  }));
}

/** Parses the line `Node 0 MemTotal:        9005260 kB`. */
function readMemoryBytes(path: string): number {
  const match = /MemTotal:\s*(\d+) kB/.exec(readSystemFile(path) ?? "");
  return match === null ? 0 : Number(match[1]) * 1024;
}

/** Indices of a CPU's cache folders, the usual ones of L3 caches first. */
const CACHE_FOLDERS = [3, 2, 4, 1, 0];

function readL3Groups(
  folder: string,
  online: readonly number[],
): CacheRecord[] {
  const sizes = new Map<number, number>();
  const groups = groupCpus(online, (cpu) => {
    for (const index of CACHE_FOLDERS) {
      const cache = `${folder}/cpu${cpu}/cache/index${index}`;
      if (readNumber(`${cache}/level`) !== 3) continue;
      const cpus = readCpus(`${cache}/shared_cpu_list`);
      if (cpus !== undefined) sizes.set(cpu, readSizeBytes(`${cache}/size`));
      return cpus;
    }
    return undefined;
  });
  return groups.map((cpus) => ({ sizeBytes: sizes.get(cpus[0]) ?? 0, cpus }));
}

/** Parses a size such as `32768K`. */
function readSizeBytes(path: string): number {
  const match = /^(\d+)([KMG]?)/.exec(readSystemFile(path) ?? "");
  if (match === null) return 0;
  return Number(match[1]) * 1024 ** " KMG".indexOf(match[2] || " ");
}

/** Groups CPUs; calls `groupOf` only for CPUs that are not in a group yet. */
function groupCpus(
  online: readonly number[],
  groupOf: (cpu: number) => number[] | undefined,
): number[][] {
  const seen = new Set<number>();
  const groups: number[][] = [];
  for (const cpu of online) {
    if (seen.has(cpu)) continue;
    const listed = groupOf(cpu);
    if (listed === undefined) continue;
    const group = intersectCpus(online, listed);
    // An invalid list may lack the CPU itself; do not lose it.
    const cpus = group[0] === cpu ? group : [cpu];
    for (const member of cpus) seen.add(member);
    groups.push(cpus);
  }
  return groups;
}

function readKinds(
  root: string,
  cores: readonly CoreRecord[],
): CpuKindRecord[] {
  const types = readCoreTypes(root);
  const kinds = new Map<string, CpuKindRecord & { cpus: number[] }>();
  for (const { cpus } of cores) {
    const folder = `${root}/devices/system/cpu/cpu${cpus[0]}`;
    const khz = readNumber(`${folder}/cpufreq/cpuinfo_max_freq`);
    const capacity = readNumber(`${folder}/cpu_capacity`);
    const coreType = types.get(cpus[0]);
    const facts = {
      ...(coreType === undefined ? {} : { coreType }),
      ...(khz === undefined ? {} : { maxFrequencyMhz: khz / 1000 }),
      ...(capacity === undefined ? {} : { capacity }),
    };
    const key = JSON.stringify(facts);
    if (key === "{}") continue;
    const kind = kinds.get(key) ?? { cpus: [], ...facts };
    kind.cpus.push(...cpus);
    kinds.set(key, kind);
  }
  for (const { cpus } of kinds.values()) cpus.sort((a, b) => a - b);
  return [...kinds.values()];
}

/** Intel's hybrid processors have a performance monitor for each type of core. */
function readCoreTypes(root: string): Map<number, string> {
  const types = new Map<number, string>();
  const monitors = [["cpu_core", "IntelCore"], ["cpu_atom", "IntelAtom"]];
  for (const [monitor, coreType] of monitors) {
    for (const cpu of readCpus(`${root}/devices/${monitor}/cpus`) ?? []) {
      types.set(cpu, coreType);
    }
  }
  return types;
}
