/**
 * Reads the records of a machine from a loaded hwloc topology.
 *
 * @module
 */

import type { Hwloc } from "./hwloc_library.ts";
import {
  DEPTH_NUMA,
  DEPTH_PCI,
  type HwlocObject,
  type HwlocReader,
  TYPE_CORE,
  TYPE_L3,
  TYPE_PACKAGE,
  TYPE_PU,
} from "./hwloc_object.ts";
import {
  comparePci,
  type CpuKindRecord,
  DISPLAY_CLASS,
  type DisplayRecord,
  formatBusId,
  type Locality,
  type Machine,
} from "./machine.ts";

/** Reads all records. The result does not refer to the topology's memory. */
export function readMachine(
  reader: HwlocReader,
  hwloc: Hwloc,
  topology: bigint,
): Machine {
  const cpusOf = (object: HwlocObject) => reader.bits(object.cpuset);
  const cpus = reader.ofType(TYPE_PU).map(({ osIndex }) => osIndex)
    .sort((a, b) => a - b);
  const cores = reader.ofType(TYPE_CORE).map((core) => ({
    cpus: cpusOf(core),
  }));
  const inCores = new Set(cores.flatMap((core) => core.cpus));
  // A description may leave out the cores. Then each CPU is a core of its own.
  const loose = cpus.filter((cpu) => !inCores.has(cpu));
  return {
    source: "hwloc",
    cpus,
    packages: reader.ofType(TYPE_PACKAGE).map((it) => ({
      index: it.osIndex,
      cpus: cpusOf(it),
    })).sort((a, b) => a.index - b.index),
    nodes: reader.atDepth(DEPTH_NUMA).map((it) => ({
      index: it.osIndex,
      memoryBytes: reader.sizeBytes(it),
      cpus: cpusOf(it),
    })).sort((a, b) => a.index - b.index),
    l3Groups: reader.ofType(TYPE_L3).map((it) => ({
      sizeBytes: reader.sizeBytes(it),
      cpus: cpusOf(it),
    })).sort(byFirstCpu),
    cores: [...cores, ...loose.map((cpu) => ({ cpus: [cpu] }))]
      .sort(byFirstCpu),
    kinds: readKinds(reader, hwloc, topology),
    displays: readDisplays(reader),
  };
}

function byFirstCpu(
  a: { readonly cpus: readonly number[] },
  b: { readonly cpus: readonly number[] },
): number {
  return (a.cpus[0] ?? Infinity) - (b.cpus[0] ?? Infinity);
}

function readDisplays(reader: HwlocReader): DisplayRecord[] {
  return reader.atDepth(DEPTH_PCI)
    .map((object) => ({ object, pci: reader.pci(object) }))
    .filter(({ pci }) => pci.classId >> 8 === DISPLAY_CLASS)
    .map(({ object, pci }) => ({
      ...pci,
      busId: formatBusId(pci),
      osDevices: reader.ioChildren(object).map(({ name }) => reader.text(name)),
      locality: readLocality(reader, object),
    }))
    .sort(comparePci);
}

/** An I/O object has no CPUs; take those of its nearest ancestor with CPUs. */
function readLocality(reader: HwlocReader, device: HwlocObject): Locality {
  let ancestor = device;
  while (ancestor.cpuset === 0n && ancestor.parent !== 0n) {
    ancestor = reader.object(ancestor.parent);
  }
  return {
    cpus: reader.bits(ancestor.cpuset),
    nodes: reader.bits(ancestor.nodeset),
    ancestor: ancestor.typeName,
  };
}

// struct hwloc_info_s: char *name @0, char *value @8.
const INFO_BYTES = 16;

function readKinds(
  reader: HwlocReader,
  { call }: Hwloc,
  topology: bigint,
): CpuKindRecord[] {
  const { hwloc_cpukinds_get_nr: getCount, hwloc_cpukinds_get_info: getInfo } =
    call;
  if (getCount === undefined || getInfo === undefined) return [];
  const count = Math.max(getCount(topology, 0n), 0);
  const cpuset = call.hwloc_bitmap_alloc();
  try {
    return Array.from({ length: count }, (_, kind) => {
      const efficiency = new Uint8Array(4);
      const infoCount = new Uint32Array(1);
      const infos = new BigUint64Array(1);
      // SAFETY: the buffers have the sizes of the values written to them and outlive
      // this synchronous call.
      getInfo(
        topology,
        kind,
        cpuset,
        efficiency,
        new Uint8Array(infoCount.buffer),
        new Uint8Array(infos.buffer),
        0n,
      );
      const facts = readInfos(reader, infos[0], infoCount[0]);
      return kindOf(reader.bits(cpuset), facts);
    });
  } finally {
    // SAFETY: allocated above and freed only here; null is allowed.
    call.hwloc_bitmap_free(cpuset);
  }
}

function readInfos(
  reader: HwlocReader,
  address: bigint,
  count: number,
): Map<string, string> {
  return new Map(Array.from({ length: count }, (_, index) => {
    const info = reader.bytes(address + BigInt(index * INFO_BYTES), INFO_BYTES);
    return [
      reader.text(info.getBigUint64(0, true)),
      reader.text(info.getBigUint64(8, true)),
    ];
  }));
}

function kindOf(
  cpus: readonly number[],
  facts: ReadonlyMap<string, string>,
): CpuKindRecord {
  const coreType = facts.get("CoreType");
  const maxFrequencyMhz = positive(facts.get("FrequencyMaxMHz"));
  const capacity = positive(facts.get("LinuxCapacity"));
  return {
    cpus,
    ...(coreType === undefined ? {} : { coreType }),
    ...(maxFrequencyMhz === undefined ? {} : { maxFrequencyMhz }),
    ...(capacity === undefined ? {} : { capacity }),
  };
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return value > 0 ? value : undefined;
}
