/**
 * Writes a machine as the tree of files that the kernel shows in `/sys`, complete
 * enough for hwloc to read it too.
 *
 * @module
 */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { formatCpuset } from "../../lib/placement/cpuset.ts";

/** A machine in short: CPUs by what they share. */
export interface MachineSketch {
  /** Online CPUs. */
  readonly cpus: readonly CpuSketch[];
  /** CPUs that exist and are switched off. */
  readonly offline?: readonly number[];
  /** NUMA nodes with memory and no CPU. */
  readonly emptyNodes?: readonly number[];
  readonly gpus?: readonly GpuSketch[];
}

/** One CPU. */
export interface CpuSketch {
  readonly cpu: number;
  /** Number of the core, over the whole machine. */
  readonly core: number;
  readonly package: number;
  readonly node: number;
  /** Number of the third-level cache; none when not given. */
  readonly l3?: number;
  readonly maxKhz?: number;
  /** Intel's word for the type of core. */
  readonly monitor?: "cpu_core" | "cpu_atom";
}

/** A GPU; without a node its locality is unknown to the kernel. */
export interface GpuSketch {
  readonly busId: string;
  readonly node?: number;
}

/** Writes the tree, hands `use` its folder, which holds `sys`, and removes it. */
export function withSysfs<T>(
  sketch: MachineSketch,
  use: (folder: string) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), "loom-sysfs-"));
  try {
    for (const [path, text] of Object.entries(treeOf(sketch))) {
      const file = join(folder, "sys", path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, `${text}\n`);
    }
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Contents by path below `/sys`. */
type Tree = Record<string, string>;

function treeOf(sketch: MachineSketch): Tree {
  const cpus = numbers(sketch.cpus);
  const present = [...cpus, ...sketch.offline ?? []];
  return {
    "devices/system/cpu/online": formatCpuset(cpus),
    "devices/system/cpu/possible": formatCpuset(present),
    "devices/system/cpu/present": formatCpuset(present),
    ...Object.assign({}, ...sketch.cpus.map((cpu) => cpuTree(cpu, sketch))),
    ...nodeTree(sketch),
    ...monitorTree(sketch, "cpu_core"),
    ...monitorTree(sketch, "cpu_atom"),
    ...Object.assign(
      {},
      ...(sketch.gpus ?? []).map((it) => gpuTree(it, sketch)),
    ),
  };
}

function cpuTree(cpu: CpuSketch, { cpus }: MachineSketch): Tree {
  const folder = `devices/system/cpu/cpu${cpu.cpu}`;
  const sharing = (key: "core" | "package" | "l3") =>
    numbers(cpus.filter((other) => other[key] === cpu[key]));
  const both = (
    path: string,
    suffixes: readonly [string, string],
    key: "core" | "package",
  ) => ({
    [`${path}${suffixes[0]}`]: mask(sharing(key)),
    [`${path}${suffixes[1]}`]: formatCpuset(sharing(key)),
  });
  const cache = `${folder}/cache/index3`;
  return {
    [`${folder}/topology/physical_package_id`]: `${cpu.package}`,
    // As in real machines, unique only within its package.
    [`${folder}/topology/core_id`]: `${cpu.core % 16}`,
    ...both(`${folder}/topology/core_cpus`, ["", "_list"], "core"),
    ...both(`${folder}/topology/thread_siblings`, ["", "_list"], "core"),
    ...both(`${folder}/topology/package_cpus`, ["", "_list"], "package"),
    ...both(`${folder}/topology/core_siblings`, ["", "_list"], "package"),
    ...(cpu.l3 === undefined ? {} : {
      [`${cache}/level`]: "3",
      [`${cache}/type`]: "Unified",
      [`${cache}/size`]: "16384K",
      [`${cache}/shared_cpu_map`]: mask(sharing("l3")),
      [`${cache}/shared_cpu_list`]: formatCpuset(sharing("l3")),
    }),
    ...(cpu.maxKhz === undefined
      ? {}
      : { [`${folder}/cpufreq/cpuinfo_max_freq`]: `${cpu.maxKhz}` }),
  };
}

function nodeTree({ cpus, emptyNodes = [] }: MachineSketch): Tree {
  const nodes = [...new Set([...cpus.map(({ node }) => node), ...emptyNodes])];
  const tree: Tree = {
    "devices/system/node/online": formatCpuset(nodes),
    "devices/system/node/possible": formatCpuset(nodes),
  };
  for (const node of nodes) {
    const folder = `devices/system/node/node${node}`;
    const local = numbers(cpus.filter((cpu) => cpu.node === node));
    tree[`${folder}/cpumap`] = mask(local);
    tree[`${folder}/cpulist`] = formatCpuset(local);
    tree[`${folder}/meminfo`] = `Node ${node} MemTotal:        1048576 kB`;
  }
  return tree;
}

function monitorTree(
  { cpus }: MachineSketch,
  monitor: CpuSketch["monitor"],
): Tree {
  const found = numbers(cpus.filter((cpu) => cpu.monitor === monitor));
  return found.length === 0 || monitor === undefined
    ? {}
    : { [`devices/${monitor}/cpus`]: formatCpuset(found) };
}

function gpuTree({ busId, node }: GpuSketch, { cpus }: MachineSketch): Tree {
  const folder = `bus/pci/devices/${busId}`;
  const local = numbers(
    cpus.filter((cpu) => node === undefined || cpu.node === node),
  );
  return {
    [`${folder}/class`]: "0x030200",
    [`${folder}/vendor`]: "0x10de",
    [`${folder}/device`]: "0x1db8",
    [`${folder}/subsystem_vendor`]: "0x10de",
    [`${folder}/subsystem_device`]: "0x0001",
    [`${folder}/numa_node`]: `${node ?? -1}`,
    [`${folder}/local_cpulist`]: formatCpuset(local),
    [`${folder}/local_cpus`]: mask(local),
  };
}

function numbers(cpus: readonly CpuSketch[]): number[] {
  return cpus.map(({ cpu }) => cpu).sort((a, b) => a - b);
}

/** The kernel's bitmap: words of 32 bits, the highest first. */
function mask(bits: readonly number[]): string {
  const words: number[] = [0];
  for (const bit of bits) {
    while (words.length <= bit >> 5) words.push(0);
    words[bit >> 5] = (words[bit >> 5] | 1 << (bit & 31)) >>> 0;
  }
  return words.reverse().map((word) => word.toString(16).padStart(8, "0"))
    .join(",");
}
