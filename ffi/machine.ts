/**
 * A machine as plain records: what hwloc and sysfs are both read into. All CPU and
 * node numbers are the kernel's own.
 *
 * @module
 */

/** A machine, or a description of one. */
export interface Machine {
  /** Who described it. */
  readonly source: "hwloc" | "sysfs";
  /** Online CPUs (PUs, hardware threads), ascending. */
  readonly cpus: readonly number[];
  /** Physical packages (sockets), by number. */
  readonly packages: readonly PackageRecord[];
  /** NUMA nodes, by number; those without CPUs too. */
  readonly nodes: readonly NodeRecord[];
  /** Third-level caches, by their lowest CPU. */
  readonly l3Groups: readonly CacheRecord[];
  /** Cores, by their lowest CPU. */
  readonly cores: readonly CoreRecord[];
  /** Kinds of CPUs; empty where the machine tells none apart. */
  readonly kinds: readonly CpuKindRecord[];
  /** PCI devices of the display class, by address; empty when not asked for. */
  readonly displays: readonly DisplayRecord[];
}

/** A physical package. */
export interface PackageRecord {
  /** The kernel's number. */
  readonly index: number;
  /** Its CPUs, ascending. */
  readonly cpus: readonly number[];
}

/** A NUMA node. */
export interface NodeRecord {
  /** The kernel's number. */
  readonly index: number;
  /** Memory in bytes; 0 when it is not told. */
  readonly memoryBytes: number;
  /** Its local CPUs, ascending; empty for memory without CPUs. */
  readonly cpus: readonly number[];
}

/** A cache and the CPUs that share it. */
export interface CacheRecord {
  /** Size in bytes; 0 when it is not told. */
  readonly sizeBytes: number;
  /** CPUs that share it, ascending. */
  readonly cpus: readonly number[];
}

/** A core. */
export interface CoreRecord {
  /** Its online CPUs, ascending: more than one with SMT. */
  readonly cpus: readonly number[];
}

/** CPUs that are alike. */
export interface CpuKindRecord {
  /** CPUs of this kind, ascending. */
  readonly cpus: readonly number[];
  /** The maker's word, such as `IntelAtom`. */
  readonly coreType?: string;
  /** Highest frequency in MHz. */
  readonly maxFrequencyMhz?: number;
  /** The kernel's relative capacity, 1024 for the strongest CPU. */
  readonly capacity?: number;
}

/** An address on the PCI bus. */
export interface PciAddress {
  /** Segment, mostly 0. */
  readonly domain: number;
  /** Bus within the domain. */
  readonly bus: number;
  /** Device on the bus. */
  readonly device: number;
  /** Function of the device. */
  readonly function: number;
}

/** A PCI device of the display class: a GPU. */
export interface DisplayRecord extends PciAddress {
  /** The address as sysfs spells it, such as `0000:3b:00.0`. */
  readonly busId: string;
  /** PCI class and subclass, such as 0x0302. */
  readonly classId: number;
  /** PCI vendor, such as 0x10de. */
  readonly vendorId: number;
  /** PCI device id. */
  readonly deviceId: number;
  /** Names the system gave it, such as `nvml0`. */
  readonly osDevices: readonly string[];
  /** Where it is attached. */
  readonly locality: Locality;
}

/** What a device is near to. */
export interface Locality {
  /** Local CPUs, ascending. */
  readonly cpus: readonly number[];
  /** Local NUMA nodes, ascending. */
  readonly nodes: readonly number[];
  /** What it hangs from in hwloc's words; `Machine` means that nothing nearer is known. */
  readonly ancestor: string;
}

/** Spells an address as sysfs does: `0000:3b:00.0`. */
export function formatBusId(address: PciAddress): string {
  const hex = (value: number, digits: number) =>
    value.toString(16).padStart(digits, "0");
  const { domain, bus, device, function: fn } = address;
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${fn}`;
}

/** Orders addresses as the bus numbers them. */
export function comparePci(a: PciAddress, b: PciAddress): number {
  return a.domain - b.domain || a.bus - b.bus || a.device - b.device ||
    a.function - b.function;
}

/** PCI's base class of GPUs, the upper byte of class and subclass. */
export const DISPLAY_CLASS = 0x03;
