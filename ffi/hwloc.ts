/**
 * Machines as hwloc describes them, as plain records: this machine, or one from an XML
 * export or a synthetic description.
 *
 * A missing library or a malformed description is a value, not an exception.
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
import { readSmallFile } from "./system_files.ts";

/** The machine to describe. */
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
  /** Why libhwloc cannot be used; `source` if it rejects the description. */
  readonly reason: HwlocOpenFailure["reason"] | "source";
  /** Message for people: the action that failed and the reason. */
  readonly message: string;
}

/** A machine, or why it cannot be loaded. */
export type HwlocResult =
  | { readonly ok: true; readonly machine: Machine }
  | HwlocFailure;

/** Options for loading a machine. */
export interface HwlocOptions {
  /** Whether to load PCI devices, which takes several times as long. */
  readonly devices?: boolean;
  /** Paths at which to look for libhwloc. */
  readonly paths?: readonly string[];
}

const INCLUDE_DISALLOWED = 1n;
const DONT_CHANGE_BINDING = 64n;
const KEEP_IMPORTANT = 3;
const BLACKLIST = 1n;

/** These components start drivers and threads, and only add names to GPUs. */
const UNWANTED_COMPONENTS = ["opencl", "cuda", "nvml", "rsmi", "levelzero"];

/**
 * Loads a machine. Closes the library before it returns.
 *
 * The result includes CPUs that the process may not use, so that a GPU's local CPUs are
 * complete. Fails if a variable such as `HWLOC_XMLFILE` makes hwloc describe another machine
 * as this one.
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
    return sourceFailure("describe a machine", "hwloc failed to initialise");
  }
  const topology = out[0];
  try {
    const problem = prepare(hwloc, topology, source, devices) ??
      load(hwloc, topology, source);
    if (problem !== undefined) return problem;
    const reader = new HwlocReader(hwloc, libc, topology);
    return { ok: true, machine: readMachine(reader, hwloc, topology) };
  } finally {
    // SAFETY: created above, destroyed only here, and no record points into it.
    hwloc.call.hwloc_topology_destroy(topology);
  }
}

/** Configures the topology, which has to be done before loading. */
function prepare(
  { call }: Hwloc,
  topology: bigint,
  source: HwlocSource,
  devices: boolean,
): HwlocFailure | undefined {
  const flags = INCLUDE_DISALLOWED | DONT_CHANGE_BINDING;
  // hwloc before 2.5 rejects the second flag; by default those versions do not change the
  // binding on Linux.
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
        : sourceFailure(
          `read topology "${source.path}"`,
          "it does not exist or is not hwloc XML",
        );
    case "xml text": {
      const text = cString(source.text);
      return call.hwloc_topology_set_xmlbuffer(topology, text, text.length) ===
          0
        ? undefined
        : sourceFailure("read topology text", "it is not hwloc XML");
    }
    case "synthetic":
      return call.hwloc_topology_set_synthetic(
          topology,
          cString(source.description),
        ) === 0
        ? undefined
        : sourceFailure(
          `read topology "${source.description}"`,
          'it is not a synthetic description of hwloc such as "pack:2 core:4 pu:2"',
        );
  }
}

function load(
  { call }: Hwloc,
  topology: bigint,
  source: HwlocSource,
): HwlocFailure | undefined {
  if (call.hwloc_topology_load(topology) !== 0) {
    return sourceFailure(
      `load the topology of ${nameOf(source)}`,
      whyNot(source),
    );
  }
  const isForeign = source.from === "this machine" &&
    call.hwloc_topology_is_thissystem(topology) !== 1;
  return isForeign
    ? sourceFailure(
      "describe this machine",
      "hwloc describes another one; unset variables such as HWLOC_XMLFILE and HWLOC_SYNTHETIC",
    )
    : undefined;
}

function nameOf(source: HwlocSource): string {
  return source.from === "xml file" ? `"${source.path}"` : source.from;
}

/** How much of an XML file is read to find its version. */
const HEAD_BYTES = 4096;

/** hwloc tells its reasons only to stderr, and only if it is asked to. */
function whyNot(source: HwlocSource): string {
  const text = headOf(source);
  if (text === undefined) return "hwloc reports that it is inconsistent";
  const version = /<topology\b[^>]*\bversion="(\d+)[^"]*"/.exec(text)?.[1];
  return version !== undefined && Number(version) > 2
    ? `it is hwloc XML of version ${version}, and libhwloc.so.15 reads versions up to 2; ` +
      "export it in the format of version 2"
    : "hwloc cannot read it; with HWLOC_XML_VERBOSE=1 in the environment, it prints why";
}

function headOf(source: HwlocSource): string | undefined {
  if (source.from === "xml text") return source.text.slice(0, HEAD_BYTES);
  if (source.from !== "xml file") return undefined;
  const head = readSmallFile(source.path, HEAD_BYTES);
  return head.ok ? head.value : "";
}

function sourceFailure(action: string, state: string): HwlocFailure {
  return {
    ok: false,
    reason: "source",
    message: `Cannot ${action}: ${state}`,
  };
}
