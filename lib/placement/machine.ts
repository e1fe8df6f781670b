/**
 * The machine that a plan is made for: this one, or one from a description.
 *
 * @module
 */

import {
  type HwlocResult,
  type HwlocSource,
  loadMachine,
} from "../../ffi/hwloc.ts";
import { formatBusId, type Machine } from "../../ffi/machine.ts";
import { findGpu, type GpuRecord, type NvmlResult } from "../../ffi/nvml.ts";
import { readCgroupLimits } from "./cgroup.ts";
import { readSysfs, type SysfsOptions } from "./sysfs.ts";
import { readCpus, readNumber, readSystemFile } from "./system_file.ts";

export type { Machine };

/** What a plan needs to know of a machine. Each value is read on demand. */
export interface MachineView {
  /** The records, with PCI devices if `devices` is true. */
  machine(devices: boolean): Machine;
  /** Finds a GPU by index or UUID. */
  findGpu(device: number | string): NvmlResult<GpuRecord>;
  /** CPUs local to a PCI device that the records lack; undefined if unknown. */
  localCpus(busId: string): number[] | undefined;
  /** The CPU quota of the cgroup in CPUs; undefined if there is none. */
  quotaCpus(): number | undefined;
}

/** Where to read this machine; tests pass their own trees and libraries. */
export interface ViewOptions extends SysfsOptions {
  /** Paths at which to look for libhwloc. */
  readonly hwlocPaths?: readonly string[];
  /** Paths at which to look for NVML. */
  readonly nvmlPaths?: readonly string[];
}

/** With so many CPUs, reading them from sysfs takes as long as loading hwloc. */
const MAX_SYSFS_CPUS = 32;

/**
 * This machine, read through hwloc, or from sysfs if that is not possible, or quicker: where
 * there are few CPUs and no devices are asked for.
 */
export function thisMachine(options: ViewOptions = {}): MachineView {
  const { root = "/sys" } = options;
  return {
    machine(devices) {
      const online = readCpus(`${root}/devices/system/cpu/online`);
      // hwloc reads these files, too.
      if (online === undefined) return readSysfs({ ...options, devices });
      const isSmall = online.length <= MAX_SYSFS_CPUS;
      if (isSmall && !devices) return readSysfs({ ...options, devices });
      const loaded = loadMachine({ from: "this machine" }, {
        devices,
        ...(options.hwlocPaths && { paths: options.hwlocPaths }),
      });
      return loaded.ok ? loaded.machine : readSysfs({ ...options, devices });
    },
    findGpu: (device) => findGpu(device, options.nvmlPaths),
    localCpus(busId) {
      const folder = `${root}/bus/pci/devices/${busId}`;
      // The kernel lists all CPUs for a device with an unknown node.
      const isKnown = (readNumber(`${folder}/numa_node`) ?? -1) >= 0;
      return isKnown ? readCpus(`${folder}/local_cpulist`) : undefined;
    },
    quotaCpus: () => readCgroupLimits(readSystemFile).quotaCpus,
  };
}

/** NVIDIA's PCI vendor id. */
const NVIDIA = 0x10de;

/**
 * A machine from a description, or why it cannot be loaded. Its GPUs are NVIDIA's display
 * devices in the order of the bus, as NVML numbers them. A description has no UUIDs.
 */
export function describedMachine(
  source: HwlocSource,
): { ok: true; view: MachineView } | Extract<HwlocResult, { ok: false }> {
  const loaded = loadMachine(source, { devices: true });
  if (!loaded.ok) return loaded;
  const { machine } = loaded;
  const gpus = machine.displays.filter(({ vendorId }) => vendorId === NVIDIA);
  const view: MachineView = {
    machine: () => machine,
    findGpu(device) {
      const found = typeof device === "number" ? gpus[device] : undefined;
      if (found === undefined) {
        return {
          ok: false,
          reason: "nvml",
          code: 0,
          message: `Cannot find GPU ${device}: the description has ${
            gpus.length === 0 ? "no NVIDIA GPU" : `GPUs 0-${gpus.length - 1}`
          }`,
          hint: "request one of them by its index",
        };
      }
      const { domain, bus, device: number, function: fn } = found;
      const pci = { domain, bus, device: number, function: fn };
      const value = {
        index: gpus.indexOf(found),
        uuid: "",
        name: "GPU",
        pci,
        busId: formatBusId(pci),
      };
      return { ok: true, value };
    },
    localCpus: () => undefined,
    quotaCpus: () => undefined,
  };
  return { ok: true, view };
}
