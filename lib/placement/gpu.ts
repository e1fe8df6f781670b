/**
 * Which CPUs are near a GPU.
 *
 * @module
 */

import type { Machine, PciAddress } from "../../ffi/machine.ts";
import { GpuError } from "../errors.ts";
import { formatCpuset, intersectCpus } from "./cpuset.ts";
import type { MachineView } from "./machine.ts";

/** A GPU and what is known of its place. */
export interface GpuPlace {
  /** What was asked for. */
  readonly device: number | string;
  /** For messages: `cuda_device 0 (NAME, 0000:3b:00.0)`. */
  readonly label: string;
  /** CPUs local to it; undefined when that is unknown. */
  readonly cpus: readonly number[] | undefined;
  /** Why it is unknown. */
  readonly reason?: string;
}

/**
 * Finds a GPU and the CPUs local to it.
 *
 * Throws a {@linkcode GpuError} when there is no driver or no such GPU.
 */
export function locateGpu(
  device: number | string,
  view: MachineView,
  machine: Machine,
): GpuPlace {
  const found = view.findGpu(device);
  if (!found.ok) {
    throw new GpuError(
      `Cannot use cuda_device ${device}: ${found.message}; ${found.hint}`,
      device,
    );
  }
  const { name, busId, pci } = found.value;
  const place = { device, label: `cuda_device ${device} (${name}, ${busId})` };
  const display = machine.displays.find((it) => isSameSlot(it, pci));
  if (display === undefined) {
    const cpus = view.localCpus(busId);
    return cpus === undefined
      ? { ...place, cpus, reason: "the topology does not know this device" }
      : { ...place, cpus };
  }
  return display.locality.ancestor === "Machine"
    ? {
      ...place,
      cpus: undefined,
      reason: "the machine's firmware does not tell which NUMA node it is near",
    }
    : { ...place, cpus: display.locality.cpus };
}

/** Functions of one device are at one place; NVML gives no function. */
function isSameSlot(a: PciAddress, b: PciAddress): boolean {
  return a.domain === b.domain && a.bus === b.bus && a.device === b.device;
}

/**
 * Narrows `cpus` to those near the GPU.
 *
 * Throws a {@linkcode GpuError} that shows every set when nothing is left. When the
 * locality is unknown all of `cpus` stay, with a warning if there are several NUMA
 * nodes to choose from.
 */
export function nearGpu(
  gpu: GpuPlace,
  cpus: readonly number[],
  context: {
    readonly allowed: readonly number[];
    readonly cpuset: string | undefined;
    readonly machine: Machine;
  },
): { readonly cpus: number[]; readonly warning?: string } {
  const { allowed, cpuset, machine } = context;
  if (gpu.cpus === undefined) {
    const nodes = machine.nodes.filter((node) => node.cpus.length > 0);
    const kept = [...cpus];
    if (nodes.length < 2) return { cpus: kept };
    return {
      cpus: kept,
      warning: `${gpu.label} has no known locality, so CPU ${
        formatCpuset(cpus)
      } of any NUMA node are used: ${gpu.reason}`,
    };
  }
  const near = intersectCpus(gpu.cpus, cpus);
  if (near.length > 0) return { cpus: near };
  const local = `its local CPUs are CPU ${formatCpuset(gpu.cpus)}`;
  const mayUse = `the process may use CPU ${formatCpuset(allowed)}`;
  const areAllowed = intersectCpus(gpu.cpus, allowed).length > 0;
  throw new GpuError(
    areAllowed
      ? `Cannot use ${gpu.label} with cpuset "${cpuset}": ${local}, and the cpuset leaves CPU ${
        formatCpuset(cpus)
      }; they have none in common`
      : `Cannot use ${gpu.label}: ${local}, and ${mayUse}; they have none in common`,
    gpu.device,
  );
}
