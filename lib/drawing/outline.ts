/**
 * A machine as nested boxes, for the drawings in the terminal and as a picture.
 *
 * @module
 */

import type { DisplayRecord, Machine } from "../../ffi/machine.ts";
import {
  formatCpuset,
  intersectCpus,
  subtractCpus,
} from "../placement/cpuset.ts";
import { cpuRecords } from "../placement/topology.ts";
import type { PlannedThread, SelectedGpu, Survey } from "./survey.ts";

/** The whole machine. */
export interface Outline {
  readonly title: string;
  readonly packages: readonly PackageBox[];
  /** GPUs that are local to no single package, or whose locality is unknown. */
  readonly gpus: readonly GpuBox[];
  /** NUMA nodes without CPUs of their own, such as the memory of a GPU. */
  readonly emptyNodes: readonly string[];
  /** Where memory comes from; omitted if there is only one node. */
  readonly memory?: string;
}

/** A GPU. */
export interface GpuBox {
  readonly title: string;
  /** Whether it is the one that `cuda_device` selects. */
  readonly isSelected: boolean;
}

/** A package. */
export interface PackageBox {
  readonly title: string;
  readonly nodes: readonly NodeBox[];
  /** GPUs that are local to several of its nodes. */
  readonly gpus: readonly GpuBox[];
}

/** A NUMA node's part of a package. */
export interface NodeBox {
  readonly title: string;
  readonly l3Groups: readonly L3Box[];
  readonly gpus: readonly GpuBox[];
}

/** Cores that share an L3 cache; the title is empty if there is none. */
export interface L3Box {
  readonly title: string;
  readonly cores: readonly CoreBox[];
}

/** A core. */
export interface CoreBox {
  readonly isEfficiency: boolean;
  readonly pus: readonly PuBox[];
}

/** A PU and the threads on it. */
export interface PuBox {
  readonly cpu: number;
  /** Whether the runtime may use it. */
  readonly isUsable: boolean;
  readonly threads: readonly PlannedThread[];
}

/** Converts a machine to nested boxes. */
export function outline(survey: Survey): Outline {
  const { machine } = survey;
  const records = cpuRecords(machine, machine.cpus);
  const usable = new Set(survey.effectiveCpuset);
  const threads = Map.groupBy(survey.threads, ({ cpu }) => cpu);
  const boxOf = (cpu: number): PuBox => ({
    cpu,
    isUsable: usable.has(cpu),
    threads: threads.get(cpu) ?? [],
  });
  const places = new GpuPlaces(machine, survey.gpu);
  const packages = groups(records, (it) => it.package).map((
    [id, inPackage],
  ) => ({
    title: `Package ${id}`,
    nodes: groups(inPackage, (it) => it.node).map(([node, inNode]) => ({
      title: nodeTitle(machine, node),
      gpus: places.take(inNode.map(({ cpu }) => cpu)),
      l3Groups: groups(inNode, (it) => it.l3).map(([l3, inL3]) => ({
        title: l3Title(machine, l3),
        cores: groups(inL3, (it) => it.core).map(([, inCore]) => ({
          isEfficiency: inCore[0].isEfficiency,
          pus: inCore.map(({ cpu }) => boxOf(cpu)),
        })),
      })),
    })),
    gpus: places.take(inPackage.map(({ cpu }) => cpu)),
  }));
  const nodes = new Set(records.map(({ node }) => node));
  return {
    title: machineTitle(machine),
    packages,
    gpus: places.remaining(),
    emptyNodes: machine.nodes.filter(({ index }) => !nodes.has(index))
      .map(({ index }) =>
        `${nodeTitle(machine, index)}, without CPUs of its own`
      ),
    ...nodes.size < 2 ? {} : { memory: memoryText(survey.arrayNodes) },
  };
}

/** Assigns each GPU to the first box that contains all of its CPUs. */
class GpuPlaces {
  #left: readonly DisplayRecord[];
  readonly #selected: SelectedGpu | undefined;
  #hasSelected = false;

  constructor(machine: Machine, selected: SelectedGpu | undefined) {
    this.#left = machine.displays;
    this.#selected = selected;
  }

  take(cpus: readonly number[]): GpuBox[] {
    const isHere = ({ locality }: DisplayRecord) =>
      locality.ancestor !== "Machine" &&
      intersectCpus(locality.cpus, cpus).length > 0 &&
      subtractCpus(locality.cpus, cpus).length === 0;
    const here = this.#left.filter(isHere);
    this.#left = this.#left.filter((gpu) => !isHere(gpu));
    return here.map((gpu) => this.#box(gpu));
  }

  /** The GPUs not taken, and the selected one if it is not part of the machine. */
  remaining(): GpuBox[] {
    const boxes = this.#left.map((gpu) =>
      this.#box(
        gpu,
        gpu.locality.ancestor === "Machine" ? ", locality unknown" : "",
      )
    );
    if (this.#selected === undefined || this.#hasSelected) return boxes;
    const { busId } = this.#selected;
    return [...boxes, this.#marked(`GPU ${busId}, not described`)];
  }

  #box(gpu: DisplayRecord, remark = ""): GpuBox {
    const title = `${gpuTitle(gpu)}${remark}`;
    return gpu.busId === this.#selected?.busId
      ? this.#marked(title)
      : { title, isSelected: false };
  }

  #marked(title: string): GpuBox {
    this.#hasSelected = true;
    const { device } = this.#selected!;
    return { title: `${title} = cuda_device ${device}`, isSelected: true };
  }
}

function groups<T>(
  records: readonly T[],
  keyOf: (record: T) => number,
): [number, T[]][] {
  return [...Map.groupBy(records, keyOf)];
}

function machineTitle(
  { cpus, cores, packages, nodes, source }: Machine,
): string {
  const count = (n: number, word: string) =>
    `${n} ${word}${n === 1 ? "" : "s"}`;
  return [
    count(packages.length, "package"),
    count(nodes.length, "NUMA node"),
    count(cores.length, "core"),
    count(cpus.length, "CPU"),
  ].join(", ") + ` (${source})`;
}

function nodeTitle({ nodes }: Machine, node: number): string {
  const memoryBytes = nodes.find(({ index }) => index === node)?.memoryBytes ??
    0;
  if (node < 0) return "no NUMA node";
  return `NUMA node ${node}${
    memoryBytes === 0 ? "" : `, ${formatBytes(memoryBytes)}`
  }`;
}

function memoryText(arrayNodes: readonly number[]): string {
  const nodes = formatCpuset(arrayNodes);
  switch (arrayNodes.length) {
    case 0:
      return "memory comes from the NUMA node of the thread that first writes to it";
    case 1:
      return `runtime.alloc() takes large arrays from NUMA node ${nodes}`;
    default:
      return `runtime.alloc() spreads large arrays over NUMA nodes ${nodes}`;
  }
}

function l3Title({ l3Groups }: Machine, l3: number): string {
  const sizeBytes = l3Groups[l3]?.sizeBytes;
  return sizeBytes === undefined
    ? ""
    : sizeBytes === 0
    ? "L3"
    : `L3 ${formatBytes(sizeBytes)}`;
}

function gpuTitle(
  { busId, osDevices, vendorId, deviceId }: DisplayRecord,
): string {
  const hex = (value: number) => value.toString(16).padStart(4, "0");
  const name = osDevices.find((it) => /^(nvml|rsmi|ze)\d/.test(it)) ??
    osDevices[0] ?? (vendorId === 0 ? "" : `${hex(vendorId)}:${hex(deviceId)}`);
  return `GPU ${busId} ${name}`.trimEnd();
}

/** Formats a size such as `31.2 GiB`, with at most one decimal. */
function formatBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
