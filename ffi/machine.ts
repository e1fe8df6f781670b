/**
 * A machine as plain records, which are read from hwloc or sysfs. All numbers of CPUs and
 * nodes are those of the kernel.
 *
 * @module
 */

/** A machine, or a description of one. */
export interface Machine {
  /** Where the description comes from. */
  readonly source: "hwloc" | "sysfs";
  /** Online CPUs (PUs, hardware threads), ascending. */
  readonly cpus: readonly number[];
  /** Physical packages (sockets), by number. */
  readonly packages: readonly PackageRecord[];
  /** NUMA nodes, by number, including those without CPUs. */
  readonly nodes: readonly NodeRecord[];
  /** Third-level caches, by their lowest CPU. */
  readonly l3Groups: readonly CacheRecord[];
  /** Cores, by their lowest CPU. */
  readonly cores: readonly CoreRecord[];
  /** Kinds of CPUs; empty if the machine does not distinguish any. */
  readonly kinds: readonly CpuKindRecord[];
  /** PCI devices of the display class, by address; empty unless requested. */
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
  /** Memory in bytes; 0 if unknown. */
  readonly memoryBytes: number;
  /** Its local CPUs, ascending; empty for memory without CPUs. */
  readonly cpus: readonly number[];
}

/** A cache and the CPUs that share it. */
export interface CacheRecord {
  /** Size in bytes; 0 if unknown. */
  readonly sizeBytes: number;
  /** CPUs that share it, ascending. */
  readonly cpus: readonly number[];
}

/** A core. */
export interface CoreRecord {
  /** Its online CPUs, ascending: more than one with SMT. */
  readonly cpus: readonly number[];
}

/** A kind of CPUs: CPUs with the same properties. */
export interface CpuKindRecord {
  /** CPUs of this kind, ascending. */
  readonly cpus: readonly number[];
  /** Name from the manufacturer, such as `IntelAtom`. */
  readonly coreType?: string;
  /** Highest frequency in MHz. */
  readonly maxFrequencyMhz?: number;
  /** The kernel's relative capacity, 1024 for the strongest CPU. */
  readonly capacity?: number;
}

/** An address on the PCI bus. */
export interface PciAddress {
  /** Domain (segment), usually 0. */
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
  /** Names of the device in the operating system, such as `nvml0`. */
  readonly osDevices: readonly string[];
  /** Where it is attached. */
  readonly locality: Locality;
}

/** Where a device is attached. */
export interface Locality {
  /** Local CPUs, ascending. */
  readonly cpus: readonly number[];
  /** Local NUMA nodes, ascending. */
  readonly nodes: readonly number[];
  /** Type of the object it is attached to, as in hwloc; `Machine` if unknown. */
  readonly ancestor: string;
}

/** Formats an address as sysfs does: `0000:3b:00.0`. */
export function formatBusId(address: PciAddress): string {
  const hex = (value: number, digits: number) =>
    value.toString(16).padStart(digits, "0");
  const { domain, bus, device, function: fn } = address;
  return `${hex(domain, 4)}:${hex(bus, 2)}:${hex(device, 2)}.${fn}`;
}

/** Compares addresses by domain, bus, device and function. */
export function comparePci(a: PciAddress, b: PciAddress): number {
  return a.domain - b.domain || a.bus - b.bus || a.device - b.device ||
    a.function - b.function;
}

/** The PCI base class of GPUs: the upper byte of class and subclass. */
export const DISPLAY_CLASS = 0x03;
