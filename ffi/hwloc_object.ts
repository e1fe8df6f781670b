/**
 * Reads the objects of hwloc 2 from memory. The only file with offsets of its structs.
 *
 * @module
 */

import type { Hwloc } from "./hwloc_library.ts";
import type { Libc } from "./libc.ts";
import type { PciAddress } from "./machine.ts";

/** The values of `hwloc_obj_type_t` that loom uses. */
export const TYPE_PACKAGE = 1;
export const TYPE_CORE = 2;
export const TYPE_PU = 3;
export const TYPE_L3 = 6;

/** Depths of objects that are not in the tree of CPUs. */
export const DEPTH_NUMA = -3;
export const DEPTH_PCI = -5;

/** Names by `hwloc_obj_type_t`, as in hwloc's XML. */
const TYPE_NAMES: readonly string[] = [
  "Machine",
  "Package",
  "Core",
  "PU",
  "L1Cache",
  "L2Cache",
  "L3Cache",
  "L4Cache",
  "L5Cache",
  "L1iCache",
  "L2iCache",
  "L3iCache",
  "Group",
  "NUMANode",
  "Bridge",
  "PCIDev",
  "OSDev",
  "Misc",
  "MemCache",
  "Die",
];

// struct hwloc_obj, 248 bytes, the same in every 2.x on 64-bit machines.
const OBJECT_BYTES = 248;
const TYPE_AT = 0;
const OS_INDEX_AT = 16;
const NAME_AT = 24;
const ATTRIBUTES_AT = 40;
const PARENT_AT = 72;
const NEXT_SIBLING_AT = 88;
const IO_FIRST_CHILD_AT = 160;
const CPUSET_AT = 184;
const NODESET_AT = 200;

// struct hwloc_pcidev_attr_s: u16 domain @0, u8 bus @2, dev @3, func @4,
// u16 class @6, vendor @8, device @10.
const PCI_ATTRIBUTE_BYTES = 12;

/** Upper bound of the names that loom reads. */
const MAX_STRING_BYTES = 256;

/** `unsigned os_index` of an object without one. */
const UNKNOWN_INDEX = 0xffff_ffff;

/** The highest CPU number of any kernel, where reading a bitmap stops. */
const MAX_BIT = 65_535;

/** The fields of an object that loom reads. Addresses may be 0n. */
export interface HwlocObject {
  readonly typeName: string;
  /** The kernel's number; 0 if it has none. */
  readonly osIndex: number;
  readonly name: bigint;
  readonly attributes: bigint;
  readonly parent: bigint;
  readonly nextSibling: bigint;
  readonly ioFirstChild: bigint;
  readonly cpuset: bigint;
  readonly nodeset: bigint;
}

/** A PCI device's own attributes. */
export interface PciAttributes extends PciAddress {
  readonly classId: number;
  readonly vendorId: number;
  readonly deviceId: number;
}

/** Reads the objects of a loaded topology. It must not be used after the topology. */
export class HwlocReader {
  readonly #hwloc: Hwloc;
  readonly #libc: Libc;
  readonly #topology: bigint;

  constructor(hwloc: Hwloc, libc: Libc, topology: bigint) {
    this.#hwloc = hwloc;
    this.#libc = libc;
    this.#topology = topology;
  }

  /** All objects of `type`; empty if the topology has no such level. */
  ofType(type: number): HwlocObject[] {
    const depth = this.#hwloc.call.hwloc_get_type_depth(this.#topology, type);
    return depth < 0 ? [] : this.atDepth(depth);
  }

  /** All objects at `depth`. */
  atDepth(depth: number): HwlocObject[] {
    const { call } = this.#hwloc;
    const count = call.hwloc_get_nbobjs_by_depth(this.#topology, depth);
    return Array.from(
      { length: count },
      (_, index) =>
        this.object(call.hwloc_get_obj_by_depth(this.#topology, depth, index)),
    );
  }

  /** The object at `address`, which must come from this topology. */
  object(address: bigint): HwlocObject {
    const view = this.bytes(address, OBJECT_BYTES);
    const at = (offset: number) => view.getBigUint64(offset, true);
    const osIndex = view.getUint32(OS_INDEX_AT, true);
    return {
      typeName: TYPE_NAMES[view.getInt32(TYPE_AT, true)] ?? "Unknown",
      osIndex: osIndex === UNKNOWN_INDEX ? 0 : osIndex,
      name: at(NAME_AT),
      attributes: at(ATTRIBUTES_AT),
      parent: at(PARENT_AT),
      nextSibling: at(NEXT_SIBLING_AT),
      ioFirstChild: at(IO_FIRST_CHILD_AT),
      cpuset: at(CPUSET_AT),
      nodeset: at(NODESET_AT),
    };
  }

  /** An object's children of the I/O kind. */
  ioChildren(parent: HwlocObject): HwlocObject[] {
    const children: HwlocObject[] = [];
    let address = parent.ioFirstChild;
    while (address !== 0n) {
      const child = this.object(address);
      children.push(child);
      address = child.nextSibling;
    }
    return children;
  }

  /** A PCI device's attributes. */
  pci({ attributes }: HwlocObject): PciAttributes {
    const view = this.bytes(attributes, PCI_ATTRIBUTE_BYTES);
    return {
      domain: view.getUint16(0, true),
      bus: view.getUint8(2),
      device: view.getUint8(3),
      function: view.getUint8(4),
      classId: view.getUint16(6, true),
      vendorId: view.getUint16(8, true),
      deviceId: view.getUint16(10, true),
    };
  }

  /** The size of a cache or node: the first 64-bit number of its attributes. */
  sizeBytes({ attributes }: HwlocObject): number {
    return Number(this.bytes(attributes, 8).getBigUint64(0, true));
  }

  /** The set bits of a bitmap, ascending; empty for null. */
  bits(bitmap: bigint): number[] {
    const bits: number[] = [];
    if (bitmap === 0n) return bits;
    const { call } = this.#hwloc;
    // A bitmap may be infinite, so stop at MAX_BIT as well.
    let bit = call.hwloc_bitmap_next(bitmap, -1);
    while (bit >= 0 && bit <= MAX_BIT) {
      bits.push(bit);
      bit = call.hwloc_bitmap_next(bitmap, bit);
    }
    return bits;
  }

  /** The C string at `address`; empty for null. */
  text(address: bigint): string {
    if (address === 0n) return "";
    const bytes: number[] = [];
    const byte = new Uint8Array(1);
    while (bytes.length < MAX_STRING_BYTES) {
      // SAFETY: reads one byte at a time up to the closing zero, so never beyond the string.
      this.#libc.call.memcpy(byte, address + BigInt(bytes.length), 1n);
      if (byte[0] === 0) break;
      bytes.push(byte[0]);
    }
    return new TextDecoder().decode(Uint8Array.from(bytes));
  }

  /** A copy of `length` bytes of the topology's memory. */
  bytes(address: bigint, length: number): DataView {
    const copy = new Uint8Array(length);
    // SAFETY: `address` points to a struct of at least `length` bytes that lives as long
    // as the topology.
    this.#libc.call.memcpy(copy, address, BigInt(length));
    return new DataView(copy.buffer);
  }
}
