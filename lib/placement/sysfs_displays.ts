/**
 * Reads the PCI devices of the display class and their local CPUs from sysfs.
 *
 * @module
 */

import {
  comparePci,
  DISPLAY_CLASS,
  type DisplayRecord,
  type Locality,
  type Machine,
  type PciAddress,
} from "../../ffi/machine.ts";
import { intersectCpus, sameCpus } from "./cpuset.ts";
import {
  listSystemFolder,
  readCpus,
  readNumber,
  readSystemFile,
} from "./system_file.ts";

/** The parts of a machine that a device can be local to. */
export type Levels = Pick<Machine, "cpus" | "nodes" | "packages" | "l3Groups">;

/** Reads all devices of the display class, ordered by address. */
export function readDisplays(root: string, levels: Levels): DisplayRecord[] {
  const folder = `${root}/bus/pci/devices`;
  return listSystemFolder(folder)
    .flatMap((busId) => readDisplay(`${folder}/${busId}`, busId, levels))
    .sort(comparePci);
}

function readDisplay(
  folder: string,
  busId: string,
  levels: Levels,
): DisplayRecord[] {
  const address = parseBusId(busId);
  // Class, subclass and programming interface: 0x030200.
  const classId = readHex(`${folder}/class`) >>> 8;
  if (address === undefined || classId >> 8 !== DISPLAY_CLASS) return [];
  return [{
    ...address,
    busId,
    classId,
    vendorId: readHex(`${folder}/vendor`),
    deviceId: readHex(`${folder}/device`),
    osDevices: listSystemFolder(`${folder}/drm`).sort(),
    locality: readLocality(folder, levels),
  }];
}

/** Reads the locality of the device in `folder`: the whole machine if unknown. */
function readLocality(folder: string, levels: Levels): Locality {
  const local = intersectCpus(
    readCpus(`${folder}/local_cpulist`) ?? [],
    levels.cpus,
  );
  const node = readNumber(`${folder}/numa_node`) ?? -1;
  const isKnown = local.length > 0 &&
    (node >= 0 || !sameCpus(local, levels.cpus));
  const cpus = isKnown ? local : levels.cpus;
  return {
    cpus,
    nodes: levels.nodes
      .filter((it) =>
        it.index === node || intersectCpus(it.cpus, cpus).length > 0
      )
      .map(({ index }) => index),
    ancestor: isKnown ? levelOf(cpus, levels) : "Machine",
  };
}

/** The largest level with exactly these CPUs, named as in hwloc. */
function levelOf(cpus: readonly number[], levels: Levels): string {
  const has = (parts: readonly { readonly cpus: readonly number[] }[]) =>
    parts.some((it) => sameCpus(it.cpus, cpus));
  if (has(levels.packages)) return "Package";
  if (has(levels.nodes)) return "NUMANode";
  return has(levels.l3Groups) ? "L3Cache" : "Group";
}

/** Parses an address such as `0000:3b:00.0`. */
function parseBusId(busId: string): PciAddress | undefined {
  const match = /^([0-9a-f]+):([0-9a-f]+):([0-9a-f]+)\.([0-7])$/.exec(busId);
  if (match === null) return undefined;
  const [domain, bus, device, fn] = match.slice(1).map((digits) =>
    parseInt(digits, 16)
  );
  return { domain, bus, device, function: fn };
}

function readHex(path: string): number {
  const value = Number(readSystemFile(path)?.trim());
  return Number.isSafeInteger(value) ? value : 0;
}
