/**
 * The signatures of libhwloc, and how to open it. Supports API 2 only: API 3 renumbers the
 * types of objects and moves the fields of PCI devices.
 *
 * @module
 */

import {
  type Library,
  type OpenFailure,
  openFailure,
  type OpenResult,
} from "./library.ts";
import { candidatePaths, openLibrary } from "./open.ts";

const TOPOLOGY = "address"; /* hwloc_topology_t */
const BITMAP = "address"; /* hwloc_bitmap_t */

/** The functions that loom calls. hwloc exports them since 2.0, except optional ones. */
export const HWLOC_SIGNATURES = {
  hwloc_get_api_version: { parameters: [], result: "u32" /* unsigned */ },
  hwloc_topology_init: {
    parameters: ["buffer" /* hwloc_topology_t *out */],
    result: "i32", /* 0, or -1 */
  },
  hwloc_topology_destroy: { parameters: [TOPOLOGY], result: "void" },
  hwloc_topology_set_flags: {
    parameters: [TOPOLOGY, "address" /* unsigned long */],
    result: "i32", /* 0, or -1 for an unknown flag */
  },
  hwloc_topology_set_io_types_filter: {
    parameters: [TOPOLOGY, "i32" /* enum hwloc_type_filter_e */],
    result: "i32", /* 0, or -1 */
  },
  hwloc_topology_set_components: {
    parameters: [
      TOPOLOGY,
      "address", /* unsigned long flags */
      "buffer", /* const char *name */
    ],
    result: "i32", /* 0, or -1 */
    optional: true, // since 2.1
  },
  hwloc_topology_set_xml: {
    parameters: [TOPOLOGY, "buffer" /* const char *path */],
    result: "i32", /* 0, or -1 */
  },
  hwloc_topology_set_xmlbuffer: {
    parameters: [
      TOPOLOGY,
      "buffer", /* const char *text */
      "i32", /* int size, the closing zero included */
    ],
    result: "i32", /* 0, or -1 */
  },
  hwloc_topology_set_synthetic: {
    parameters: [TOPOLOGY, "buffer" /* const char *description */],
    result: "i32", /* 0, or -1 */
  },
  hwloc_topology_load: { parameters: [TOPOLOGY], result: "i32" /* 0, or -1 */ },
  hwloc_topology_is_thissystem: {
    parameters: [TOPOLOGY],
    result: "i32", /* 1 or 0 */
  },
  hwloc_get_type_depth: {
    parameters: [TOPOLOGY, "i32" /* hwloc_obj_type_t */],
    result: "i32", /* depth; negative for kinds outside of the tree */
  },
  hwloc_get_nbobjs_by_depth: {
    parameters: [TOPOLOGY, "i32" /* int depth */],
    result: "u32", /* unsigned */
  },
  hwloc_get_obj_by_depth: {
    parameters: [TOPOLOGY, "i32", /* int depth */ "u32" /* unsigned index */],
    result: "address", /* hwloc_obj_t */
  },
  hwloc_bitmap_alloc: { parameters: [], result: BITMAP },
  hwloc_bitmap_free: { parameters: [BITMAP], result: "void" },
  hwloc_bitmap_next: {
    parameters: [BITMAP, "i32" /* int previous, -1 to begin */],
    result: "i32", /* bit, or -1 */
  },
  hwloc_cpukinds_get_nr: {
    parameters: [TOPOLOGY, "address" /* unsigned long flags */],
    result: "i32", /* count, or -1 */
    optional: true, // since 2.4
  },
  hwloc_cpukinds_get_info: {
    parameters: [
      TOPOLOGY,
      "u32", /* unsigned kind */
      BITMAP, /* hwloc_bitmap_t cpuset, may be null */
      "buffer", /* int *efficiency */
      "buffer", /* unsigned *nr_infos */
      "buffer", /* struct hwloc_info_s **infos */
      "address", /* unsigned long flags */
    ],
    result: "i32", /* 0, or -1 */
    optional: true, // since 2.4
  },
} as const;

/** An open libhwloc. */
export type Hwloc = Library<typeof HWLOC_SIGNATURES>;

/** Where to look for libhwloc 2. */
export const HWLOC_PATHS: readonly string[] = candidatePaths("libhwloc.so.15");

/** Why hwloc cannot be used: it cannot be opened, or has another API. */
export type HwlocOpenFailure =
  | OpenFailure
  | {
    readonly ok: false;
    readonly reason: "version";
    readonly message: string;
  };

/** A libhwloc that was found, and its API. */
export interface HwlocVersion {
  /** Always true. */
  readonly ok: true;
  /** Where it was found. */
  readonly path: string;
  /** Major and minor version of its API, such as `2.11`. */
  readonly api: string;
  /** Whether loom supports this API. */
  readonly isSupported: boolean;
}

/** Reads the version of the first libhwloc found. */
export function readHwlocVersion(
  paths: readonly string[] = HWLOC_PATHS,
): HwlocVersion | OpenFailure {
  const opened = openLibrary(paths, {
    hwloc_get_api_version: HWLOC_SIGNATURES.hwloc_get_api_version,
  });
  if (!opened.ok) return opened;
  const { path, call, close } = opened.library;
  const version = call.hwloc_get_api_version();
  close();
  const [major, minor] = [version >>> 16, version >>> 8 & 0xff];
  return { ok: true, path, api: `${major}.${minor}`, isSupported: major === 2 };
}

/** Opens libhwloc; fails if its API is not version 2. */
export function openHwloc(
  paths: readonly string[] = HWLOC_PATHS,
): OpenResult<typeof HWLOC_SIGNATURES> | HwlocOpenFailure {
  // Read the version first: another API may lack symbols that are required below.
  const found = readHwlocVersion(paths);
  if (!found.ok) {
    return found.reason === "missing"
      ? openFailure("missing", `Cannot open libhwloc.so.15: it was not found`)
      : found;
  }
  const { path, api, isSupported } = found;
  if (!isSupported) {
    return {
      ok: false,
      reason: "version",
      message:
        `Cannot use libhwloc "${path}": it has API ${api}, and loom supports API 2 only`,
    };
  }
  return openLibrary([path], HWLOC_SIGNATURES);
}
