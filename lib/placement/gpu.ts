/**
 * Finds the CPUs that are local to a GPU.
 *
 * @module
 */

import type { Machine, PciAddress } from "../../ffi/machine.ts";
import { GpuError } from "../errors.ts";
import { formatCpuset, intersectCpus } from "./cpuset.ts";
import type { MachineView } from "./machine.ts";

/** A GPU and its locality. */
export interface GpuPlace {
  /** The requested device: an index or a UUID. */
  readonly device: number | string;
  /** Description for messages: `cuda_device 0 (NAME, 0000:3b:00.0)`. */
  readonly label: string;
  /** CPUs local to it; undefined if unknown. */
  readonly cpus: readonly number[] | undefined;
  /** Why the locality is unknown. */
  readonly reason?: string;
}

/**
 * Finds a GPU and the CPUs local to it.
 *
 * @throws {GpuError} If there is no driver or no such GPU.
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
      ? { ...place, cpus, reason: "the device is not part of the topology" }
      : { ...place, cpus };
  }
  return display.locality.ancestor === "Machine"
    ? {
      ...place,
      cpus: undefined,
      reason: "the firmware does not report its NUMA node",
    }
    : { ...place, cpus: display.locality.cpus };
}

/** Ignores the function: all functions of a device are local to the same CPUs. */
function isSameSlot(a: PciAddress, b: PciAddress): boolean {
  return a.domain === b.domain && a.bus === b.bus && a.device === b.device;
}

/**
 * Narrows `cpus` to those local to the GPU. If the locality is unknown, all of `cpus` remain,
 * with a warning if the machine has several NUMA nodes.
 *
 * @throws {GpuError} If no CPU remains; the message shows all sets.
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
      warning: `The locality of ${gpu.label} is unknown, so all CPUs (${
        formatCpuset(cpus)
      }) of all NUMA nodes are used: ${gpu.reason}`,
    };
  }
  const near = intersectCpus(gpu.cpus, cpus);
  if (near.length > 0) return { cpus: near };
  const local = `its local CPUs are ${formatCpuset(gpu.cpus)}`;
  const mayUse = `the process may use ${formatCpuset(allowed)}`;
  const areAllowed = intersectCpus(gpu.cpus, allowed).length > 0;
  throw new GpuError(
    areAllowed
      ? `Cannot use ${gpu.label} with cpuset "${cpuset}": ${local}, and the cpuset leaves ${
        formatCpuset(cpus)
      }; they have none in common`
      : `Cannot use ${gpu.label}: ${local}, and ${mayUse}; they have none in common`,
    gpu.device,
  );
}
