/**
 * NVIDIA GPUs through NVML, which is part of the driver: by index, by UUID, and all of
 * them.
 *
 * Each call opens and closes the library. Every failure is a value with a hint, not an
 * exception.
 *
 * @module
 */

import process from "node:process";
import { cString } from "./libc.ts";
import type { Library, OpenFailureReason } from "./library.ts";
import { formatBusId, type PciAddress } from "./machine.ts";
import { explainNvml } from "./nvml_errors.ts";
import { candidatePaths, openLibrary } from "./open.ts";

const CODE = "i32"; /* nvmlReturn_t */
const DEVICE = "address"; /* nvmlDevice_t */

/** The functions that loom calls to find GPUs. */
export const NVML_SIGNATURES = {
  nvmlInit_v2: { parameters: [], result: CODE },
  nvmlShutdown: { parameters: [], result: CODE },
  nvmlDeviceGetCount_v2: {
    parameters: ["buffer" /* unsigned *count */],
    result: CODE,
  },
  nvmlDeviceGetHandleByIndex_v2: {
    parameters: ["u32", /* unsigned index */ "buffer" /* nvmlDevice_t* */],
    result: CODE,
  },
  nvmlDeviceGetHandleByUUID: {
    parameters: ["buffer", /* const char *uuid */ "buffer" /* nvmlDevice_t* */],
    result: CODE,
  },
  nvmlDeviceGetUUID: {
    parameters: [DEVICE, "buffer", /* char *uuid */ "u32" /* length */],
    result: CODE,
  },
  nvmlDeviceGetName: {
    parameters: [DEVICE, "buffer", /* char *name */ "u32" /* length */],
    result: CODE,
  },
  nvmlDeviceGetPciInfo_v3: {
    parameters: [DEVICE, "buffer" /* nvmlPciInfo_t* */],
    result: CODE,
  },
  nvmlDeviceGetIndex: {
    parameters: [DEVICE, "buffer" /* unsigned *index */],
    result: CODE,
    optional: true,
  },
  nvmlDeviceGetDeviceHandleFromMigDeviceHandle: {
    parameters: [DEVICE, /* MIG device */ "buffer" /* nvmlDevice_t *gpu */],
    result: CODE,
    optional: true, // drivers before MIG
  },
} as const;

type Nvml = Library<typeof NVML_SIGNATURES>;

/** A GPU. */
export interface GpuRecord {
  /** Index in NVML, which may differ from CUDA's; null if unknown. */
  readonly index: number | null;
  /** UUID such as `GPU-…`; for a MIG device, that of its parent. */
  readonly uuid: string;
  /** Product name. */
  readonly name: string;
  /** Address on the PCI bus; its function is 0. */
  readonly pci: PciAddress;
  /** The address as sysfs formats it. */
  readonly busId: string;
}

/** NVML, or one GPU, cannot be used. */
export interface NvmlFailure {
  /** Always false. */
  readonly ok: false;
  /** Why the library cannot be used; `nvml` if a call failed. */
  readonly reason: OpenFailureReason | "nvml";
  /** NVML's code; 0 if no call was made. */
  readonly code: number;
  /** Message for people: the action that failed and the reason. */
  readonly message: string;
  /** What to do about it. */
  readonly hint: string;
}

/** The value of a call, or why it failed. */
export type NvmlResult<T> =
  | { readonly ok: true; readonly value: T }
  | NvmlFailure;

/** Where to look for NVML. */
export const NVML_PATHS: readonly string[] = candidatePaths(
  "libnvidia-ml.so.1",
);

/**
 * Finds a GPU by its index in NVML, or by a UUID that starts with `GPU-` or `MIG-`. For a
 * MIG device it returns the GPU that it belongs to.
 */
export function findGpu(
  device: number | string,
  paths: readonly string[] = NVML_PATHS,
  platform: string = process.platform,
): NvmlResult<GpuRecord> {
  return withNvml(paths, platform, (nvml) => {
    const found = typeof device === "number"
      ? handleByIndex(nvml, device)
      : handleByUuid(nvml, device);
    return found.ok ? describe(nvml, found.value, `GPU ${device}`) : found;
  });
}

/** All GPUs by index. A GPU that cannot be queried is a failure in its place. */
export function listGpus(
  paths: readonly string[] = NVML_PATHS,
): NvmlResult<NvmlResult<GpuRecord>[]> {
  return withNvml(paths, process.platform, (nvml) => {
    const count = new Uint32Array(1);
    // SAFETY: `count` takes one unsigned int and outlives this synchronous call.
    const code = nvml.call.nvmlDeviceGetCount_v2(new Uint8Array(count.buffer));
    if (code !== 0) return failed("count GPUs", code);
    const gpus = Array.from({ length: count[0] }, (_, index) => {
      const handle = handleByIndex(nvml, index);
      return handle.ok ? describe(nvml, handle.value, `GPU ${index}`) : handle;
    });
    return { ok: true, value: gpus };
  });
}

function withNvml<T>(
  paths: readonly string[],
  platform: string,
  body: (nvml: Nvml) => NvmlResult<T>,
): NvmlResult<T> {
  if (platform !== "linux") {
    return noLibrary(
      "platform",
      `the platform is ${platform}, not Linux`,
      "GPU locality is supported on Linux only",
    );
  }
  const opened = openLibrary(paths, NVML_SIGNATURES);
  if (!opened.ok) return whyNotOpened(opened.reason, opened.message);
  const nvml = opened.library;
  try {
    // SAFETY: NVML counts initialisations, so nvmlShutdown() below ends only this one.
    const code = nvml.call.nvmlInit_v2();
    if (code !== 0) return failed("start NVML", code);
    try {
      return body(nvml);
    } finally {
      nvml.call.nvmlShutdown();
    }
  } finally {
    nvml.close();
  }
}

function whyNotOpened(
  reason: OpenFailureReason,
  message: string,
): NvmlFailure {
  switch (reason) {
    case "missing":
      return noLibrary(
        reason,
        "libnvidia-ml.so.1, which is part of NVIDIA's driver, was not found",
        "install the driver; in a container, start it with GPU access (--gpus all)",
      );
    case "permission":
      return noLibrary(
        reason,
        "Deno runs without --allow-ffi",
        "start Deno with --allow-ffi",
      );
    default:
      return noLibrary(reason, message, "update NVIDIA's driver");
  }
}

function noLibrary(
  reason: OpenFailureReason,
  state: string,
  hint: string,
): NvmlFailure {
  const message = `Cannot open NVML: ${state}`;
  return { ok: false, reason, code: 0, message, hint };
}

function failed(action: string, code: number): NvmlFailure {
  const { text, hint } = explainNvml(code);
  const message = `Cannot ${action}: ${text} (NVML code ${code})`;
  return { ok: false, reason: "nvml", code, message, hint };
}

function handleByIndex(nvml: Nvml, index: number): NvmlResult<bigint> {
  const handle = new BigUint64Array(1);
  // SAFETY: `handle` takes one pointer and outlives this synchronous call.
  const code = nvml.call.nvmlDeviceGetHandleByIndex_v2(
    index,
    new Uint8Array(handle.buffer),
  );
  if (code !== 0) return failed(`find GPU ${index}`, code);
  return { ok: true, value: handle[0] };
}

function handleByUuid(nvml: Nvml, uuid: string): NvmlResult<bigint> {
  const handle = new BigUint64Array(1);
  const bytes = new Uint8Array(handle.buffer);
  // SAFETY: the string ends in a zero byte; `handle` takes one pointer; both outlive
  // this synchronous call.
  const code = nvml.call.nvmlDeviceGetHandleByUUID(cString(uuid), bytes);
  if (code !== 0) return failed(`find GPU ${uuid}`, code);
  if (!uuid.startsWith("MIG-")) return { ok: true, value: handle[0] };
  const getParent = nvml.call.nvmlDeviceGetDeviceHandleFromMigDeviceHandle;
  // SAFETY: as above; the handle of the MIG device comes from this library.
  const parentCode = getParent?.(handle[0], bytes) ?? NVML_FUNCTION_NOT_FOUND;
  if (parentCode !== 0) {
    return failed(`find the GPU of ${uuid}`, parentCode);
  }
  return { ok: true, value: handle[0] };
}

const NVML_FUNCTION_NOT_FOUND = 13;

/** Enough for every UUID and name, as NVIDIA documents. */
const TEXT_BYTES = 96;

// nvmlPciInfo_t, 68 bytes: char busIdLegacy[16] @0, u32 domain @16, bus @20,
// device @24. Its text has a domain of 8 digits, so only the numbers are used.
const PCI_INFO_BYTES = 68;
const PCI_DOMAIN_AT = 16;
const PCI_BUS_AT = 20;
const PCI_DEVICE_AT = 24;

function describe(
  { call }: Nvml,
  handle: bigint,
  label: string,
): NvmlResult<GpuRecord> {
  const uuid = new Uint8Array(TEXT_BYTES);
  const name = new Uint8Array(TEXT_BYTES);
  const info = new Uint8Array(PCI_INFO_BYTES);
  const index = new Uint32Array(1);
  // SAFETY: the handle comes from this library; the buffers outlive these synchronous
  // calls and have the lengths that are passed or fixed by NVML's types.
  const code = call.nvmlDeviceGetPciInfo_v3(handle, info) ||
    call.nvmlDeviceGetUUID(handle, uuid, TEXT_BYTES) ||
    call.nvmlDeviceGetName(handle, name, TEXT_BYTES);
  if (code !== 0) return failed(`describe ${label}`, code);
  const indexCode = call.nvmlDeviceGetIndex?.(
    handle,
    new Uint8Array(index.buffer),
  );
  const view = new DataView(info.buffer);
  const pci = {
    domain: view.getUint32(PCI_DOMAIN_AT, true),
    bus: view.getUint32(PCI_BUS_AT, true),
    device: view.getUint32(PCI_DEVICE_AT, true),
    function: 0,
  };
  return {
    ok: true,
    value: {
      index: indexCode === 0 ? index[0] : null,
      uuid: textOf(uuid),
      name: textOf(name),
      pci,
      busId: formatBusId(pci),
    },
  };
}

function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end));
}
