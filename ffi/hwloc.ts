/**
 * Machines as hwloc knows them: this one, or one from an XML export or a synthetic
 * description, as plain records.
 *
 * Nothing here throws for what is absent or malformed; a failure is a value.
 *
 * @module
 */

import {
  type Hwloc,
  HWLOC_PATHS,
  type HwlocOpenFailure,
  openHwloc,
} from "./hwloc_library.ts";
import { readMachine } from "./hwloc_machine.ts";
import { HwlocReader } from "./hwloc_object.ts";
import { cString, type Libc, openLibc } from "./libc.ts";
import type { Machine } from "./machine.ts";

/** What hwloc is to describe. */
export type HwlocSource =
  /** The machine this process runs on. */
  | { readonly from: "this machine" }
  /** An XML file, as `lstopo machine.xml` writes it. */
  | { readonly from: "xml file"; readonly path: string }
  /** The text of such a file. */
  | { readonly from: "xml text"; readonly text: string }
  /** A description such as `"pack:2 l3:2 core:4 pu:2"`. */
  | { readonly from: "synthetic"; readonly description: string };

/** A machine could not be loaded. */
export interface HwlocFailure {
  /** Always false. */
  readonly ok: false;
  /** Why libhwloc cannot be used; `source` when it refuses the description. */
  readonly reason: HwlocOpenFailure["reason"] | "source";
  /** Action and state, for people. */
  readonly message: string;
}

/** A machine, or why there is none. */
export type HwlocResult =
  | { readonly ok: true; readonly machine: Machine }
  | HwlocFailure;

/** How to load. */
export interface HwlocOptions {
  /** Whether PCI devices are wanted, which takes a multiple of the time. */
  readonly devices?: boolean;
  /** Where libhwloc may be. */
  readonly paths?: readonly string[];
}

const INCLUDE_DISALLOWED = 1n;
const DONT_CHANGE_BINDING = 64n;
const KEEP_IMPORTANT = 3;
const BLACKLIST = 1n;

/** They start drivers and threads of their own, and only add names to GPUs. */
const UNWANTED_COMPONENTS = ["opencl", "cuda", "nvml", "rsmi", "levelzero"];

/**
 * Loads a machine. Everything that is opened for it is closed before this returns.
 *
 * CPUs that the process may not use are included: who asks for a GPU's CPUs wants
 * to know of them. Variables such as `HWLOC_XMLFILE`, which make hwloc describe
 * another machine as this one, are refused.
 */
export function loadMachine(
  source: HwlocSource,
  options: HwlocOptions = {},
): HwlocResult {
  const libc = openLibc();
  if (!libc.ok) return libc;
  const hwloc = openHwloc(options.paths ?? HWLOC_PATHS);
  if (!hwloc.ok) return hwloc;
  try {
    return loadWith(hwloc.library, libc.library, source, options);
  } finally {
    hwloc.library.close();
  }
}

function loadWith(
  hwloc: Hwloc,
  libc: Libc,
  source: HwlocSource,
  { devices = false }: HwlocOptions,
): HwlocResult {
  const out = new BigUint64Array(1);
  // SAFETY: `out` takes one pointer and outlives this synchronous call.
  if (hwloc.call.hwloc_topology_init(new Uint8Array(out.buffer)) !== 0) {
    return refused("describe a machine", "hwloc cannot start");
  }
  const topology = out[0];
  try {
    const problem = prepare(hwloc, topology, source, devices) ??
      load(hwloc, topology, source);
    if (problem !== undefined) return problem;
    const reader = new HwlocReader(hwloc, libc, topology);
    return { ok: true, machine: readMachine(reader, hwloc, topology) };
  } finally {
    // SAFETY: made above, destroyed nowhere else, and no record points into it.
    hwloc.call.hwloc_topology_destroy(topology);
  }
}

/** Everything that must be said before loading. */
function prepare(
  { call }: Hwloc,
  topology: bigint,
  source: HwlocSource,
  devices: boolean,
): HwlocFailure | undefined {
  const flags = INCLUDE_DISALLOWED | DONT_CHANGE_BINDING;
  // Before hwloc 2.5 the second flag is unknown; those versions never bind on Linux
  // unless told to.
  if (call.hwloc_topology_set_flags(topology, flags) !== 0) {
    call.hwloc_topology_set_flags(topology, INCLUDE_DISALLOWED);
  }
  if (devices) {
    call.hwloc_topology_set_io_types_filter(topology, KEEP_IMPORTANT);
  }
  if (source.from === "this machine") {
    for (const name of UNWANTED_COMPONENTS) {
      call.hwloc_topology_set_components?.(topology, BLACKLIST, cString(name));
    }
    return undefined;
  }
  // SAFETY: the strings end in a zero byte and outlive these synchronous calls.
  switch (source.from) {
    case "xml file":
      return call.hwloc_topology_set_xml(topology, cString(source.path)) === 0
        ? undefined
        : refused(
          `read topology "${source.path}"`,
          "it is absent or not hwloc's XML",
        );
    case "xml text": {
      const text = cString(source.text);
      return call.hwloc_topology_set_xmlbuffer(topology, text, text.length) ===
          0
        ? undefined
        : refused("read topology text", "it is not hwloc's XML");
    }
    case "synthetic":
      return call.hwloc_topology_set_synthetic(
          topology,
          cString(source.description),
        ) === 0
        ? undefined
        : refused(
          `read topology "${source.description}"`,
          'it is not hwloc\'s synthetic format, such as "pack:2 core:4 pu:2"',
        );
  }
}

function load(
  { call }: Hwloc,
  topology: bigint,
  source: HwlocSource,
): HwlocFailure | undefined {
  if (call.hwloc_topology_load(topology) !== 0) {
    return refused(
      `load the topology of ${source.from}`,
      "hwloc finds it inconsistent",
    );
  }
  const isForeign = source.from === "this machine" &&
    call.hwloc_topology_is_thissystem(topology) !== 1;
  return isForeign
    ? refused(
      "describe this machine",
      "hwloc describes another one, as HWLOC_XMLFILE or HWLOC_SYNTHETIC makes it",
    )
    : undefined;
}

function refused(action: string, state: string): HwlocFailure {
  return {
    ok: false,
    reason: "source",
    message: `Cannot ${action}: ${state}`,
  };
}
