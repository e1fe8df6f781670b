/**
 * Which native libraries are here: libc, hwloc and NVML.
 *
 * @module
 */

import { openLibc } from "../../ffi/libc.ts";
import { explainNvml } from "../../ffi/nvml_errors.ts";
import type { OpenFailure, OpenResult, Signatures } from "../../ffi/library.ts";
import { candidatePaths, openLibrary } from "../../ffi/open.ts";
import type { Check } from "./check.ts";

/** Without libc no thread can be pinned. */
export function checkLibc(): Check {
  const name = "libc";
  const opened = openLibc();
  if (opened.ok) {
    return { name, state: "ok", detail: `opened ${opened.library.path}` };
  }
  const remedies: Readonly<Record<OpenFailure["reason"], string>> = {
    permission: "start Deno with --allow-ffi",
    platform: "pinning needs Linux; loom works unpinned here",
    missing: "install the C library of glibc or musl",
    symbol: "use a C library with pthread_setaffinity_np, such as glibc",
  };
  return {
    name,
    state: "failed",
    detail: opened.message,
    remedy: remedies[opened.reason],
  };
}

const HWLOC_SIGNATURES = {
  hwloc_get_api_version: { parameters: [], result: "u32" /* unsigned */ },
} as const;

/** Without hwloc, the topology comes from /sys. */
export function checkHwloc(
  paths: readonly string[] = candidatePaths("libhwloc.so.15"),
): Check {
  const name = "libhwloc";
  const opened = openLibrary(paths, HWLOC_SIGNATURES);
  if (!opened.ok) {
    return {
      name,
      state: "absent",
      detail: whyAbsent(opened, "libhwloc.so.15"),
      remedy: opened.reason === "permission"
        ? "start Deno with --allow-ffi"
        : "loom reads the topology from /sys instead; to have it: apt-get install libhwloc15, dnf install hwloc-libs, or apk add hwloc",
    };
  }
  const { library } = opened;
  const version = library.call.hwloc_get_api_version();
  library.close();
  const [major, minor] = [version >>> 16, version >>> 8 & 0xff];
  const detail = `opened ${library.path}, API ${major}.${minor}`;
  const data = { path: library.path, api: `${major}.${minor}` };
  return major === 2 ? { name, state: "ok", detail, data } : {
    name,
    state: "absent",
    detail: `${detail}, but loom understands API 2 only`,
    remedy: "install hwloc 2",
    data,
  };
}

const NVML_SIGNATURES = {
  nvmlInit_v2: { parameters: [], result: "i32" /* nvmlReturn_t */ },
  nvmlShutdown: { parameters: [], result: "i32" /* nvmlReturn_t */ },
  nvmlDeviceGetCount_v2: {
    parameters: ["buffer" /* unsigned *count */],
    result: "i32", /* nvmlReturn_t */
  },
  nvmlSystemGetDriverVersion: {
    parameters: ["buffer", /* char *version */ "u32" /* length */],
    result: "i32", /* nvmlReturn_t */
  },
} as const;

/** NVIDIA documents 80 as enough for every driver's version. */
const DRIVER_VERSION_BYTES = 80;

/** NVML finds GPUs; without it only `cuda_device` cannot be used. */
export function checkNvml(
  paths: readonly string[] = candidatePaths("libnvidia-ml.so.1"),
): Check {
  const name = "NVML";
  const opened = openLibrary(paths, NVML_SIGNATURES);
  if (!opened.ok) {
    return {
      name,
      state: "absent",
      detail: whyAbsent(opened, "libnvidia-ml.so.1"),
      remedy: opened.reason === "permission"
        ? "start Deno with --allow-ffi"
        : "needed only for cuda_device; it comes with NVIDIA's driver",
    };
  }
  try {
    return checkGpus(opened.library);
  } finally {
    opened.library.close();
  }
}

type Nvml = Extract<
  OpenResult<typeof NVML_SIGNATURES>,
  { ok: true }
>["library"];

function checkGpus({ path, call }: Nvml): Check {
  const name = "NVML";
  const initCode = call.nvmlInit_v2();
  if (initCode !== 0) {
    const { text, hint } = explainNvml(initCode);
    return {
      name,
      state: "absent",
      detail:
        `opened ${path}, but it does not start: ${text} (NVML code ${initCode})`,
      remedy: `needed only for cuda_device; ${hint}`,
      data: { path, code: initCode },
    };
  }
  const count = new Uint32Array(1);
  const driver = new Uint8Array(DRIVER_VERSION_BYTES);
  // SAFETY: both buffers outlive these synchronous calls; the count is one
  // unsigned int, and the length of the version is passed on.
  call.nvmlDeviceGetCount_v2(new Uint8Array(count.buffer));
  call.nvmlSystemGetDriverVersion(driver, driver.length);
  call.nvmlShutdown();
  const version = new TextDecoder().decode(
    driver.subarray(0, driver.indexOf(0)),
  );
  return {
    name,
    state: "ok",
    detail: `opened ${path}, driver ${version}, ${count[0]} GPU${
      count[0] === 1 ? "" : "s"
    }`,
    data: { path, driver: version, gpuCount: count[0] },
  };
}

/** One line for all the places that were tried. */
function whyAbsent<S extends Signatures>(
  opened: Extract<OpenResult<S>, { ok: false }>,
  fileName: string,
): string {
  switch (opened.reason) {
    case "missing":
      return `${fileName} was not found`;
    case "permission":
      return `${fileName} may not be opened: Deno runs without --allow-ffi`;
    default:
      return opened.message;
  }
}
