/**
 * NVIDIA's driver as NVML reports it. Needs fewer symbols than `nvml.ts`, so that it works
 * with more versions of the library.
 *
 * @module
 */

import type { OpenFailure } from "./library.ts";
import { NVML_PATHS, NVML_SIGNATURES } from "./nvml.ts";
import { openLibrary } from "./open.ts";

const { nvmlInit_v2, nvmlShutdown, nvmlDeviceGetCount_v2 } = NVML_SIGNATURES;

const SIGNATURES = {
  nvmlInit_v2,
  nvmlShutdown,
  nvmlDeviceGetCount_v2,
  nvmlSystemGetDriverVersion: {
    parameters: ["buffer", /* char *version */ "u32" /* length */],
    result: "i32", /* nvmlReturn_t */
  },
} as const;

/** Enough for every version, as NVIDIA documents. */
const VERSION_BYTES = 80;

/** The driver. */
export interface NvmlDriver {
  /** Always true. */
  readonly ok: true;
  /** Where the library was found. */
  readonly path: string;
  /** Version of the driver, such as `570.00`. */
  readonly version: string;
  /** Number of GPUs. */
  readonly gpuCount: number;
}

/** The library was opened, but NVML cannot be initialised. */
export interface NvmlInitFailure {
  /** Always false. */
  readonly ok: false;
  /** Always `nvml`. */
  readonly reason: "nvml";
  /** Where the library was found. */
  readonly path: string;
  /** NVML's code. */
  readonly code: number;
}

/** Reads the driver's version and the number of GPUs. */
export function readNvmlDriver(
  paths: readonly string[] = NVML_PATHS,
): NvmlDriver | NvmlInitFailure | OpenFailure {
  const opened = openLibrary(paths, SIGNATURES);
  if (!opened.ok) return opened;
  const { path, call } = opened.library;
  try {
    const code = call.nvmlInit_v2();
    if (code !== 0) return { ok: false, reason: "nvml", path, code };
    const count = new Uint32Array(1);
    const bytes = new Uint8Array(VERSION_BYTES);
    // SAFETY: both buffers outlive these synchronous calls; `count` takes one unsigned
    // int, and the length of `bytes` is passed.
    call.nvmlDeviceGetCount_v2(new Uint8Array(count.buffer));
    call.nvmlSystemGetDriverVersion(bytes, bytes.length);
    call.nvmlShutdown();
    const version = new TextDecoder().decode(
      bytes.subarray(0, bytes.indexOf(0)),
    );
    return { ok: true, path, version, gpuCount: count[0] };
  } finally {
    opened.library.close();
  }
}
