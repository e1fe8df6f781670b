/**
 * Checks which native libraries can be used: libc, hwloc and NVML.
 *
 * @module
 */

import { readHwlocVersion } from "../../ffi/hwloc_library.ts";
import { openLibc } from "../../ffi/libc.ts";
import type { OpenFailure } from "../../ffi/library.ts";
import { readNvmlDriver } from "../../ffi/nvml_driver.ts";
import { explainNvml } from "../../ffi/nvml_errors.ts";
import type { Check } from "./check.ts";

const GRANT_FFI = "start Deno with --allow-ffi";

/** Checks libc, without which no thread can be pinned. */
export function checkLibc(): Check {
  const name = "libc";
  const opened = openLibc();
  if (opened.ok) {
    return { name, state: "ok", detail: `opened ${opened.library.path}` };
  }
  const remedies: Readonly<Record<OpenFailure["reason"], string>> = {
    permission: GRANT_FFI,
    platform: "pinning needs Linux; on this system loom runs unpinned",
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

/** Checks hwloc, without which loom reads the topology from /sys. */
export function checkHwloc(paths?: readonly string[]): Check {
  const name = "libhwloc";
  const found = readHwlocVersion(paths);
  if (!found.ok) {
    return {
      name,
      state: "absent",
      detail: whyAbsent(found, "libhwloc.so.15"),
      remedy: found.reason === "permission"
        ? GRANT_FFI
        : "loom reads the topology from /sys instead; to install it: apt-get install libhwloc15, dnf install hwloc-libs, or apk add hwloc",
    };
  }
  const { path, api, isSupported } = found;
  const detail = `opened ${path}, API ${api}`;
  const data = { path, api };
  return isSupported ? { name, state: "ok", detail, data } : {
    name,
    state: "absent",
    detail: `${detail}, but loom supports API 2 only`,
    remedy: "install hwloc 2",
    data,
  };
}

/** Checks NVML, which finds GPUs and is needed only for `cuda_device`. */
export function checkNvml(paths?: readonly string[]): Check {
  const name = "NVML";
  const driver = readNvmlDriver(paths);
  if (driver.ok) {
    const { path, version, gpuCount } = driver;
    return {
      name,
      state: "ok",
      detail: `opened ${path}, driver ${version}, ${gpuCount} GPU${
        gpuCount === 1 ? "" : "s"
      }`,
      data: { path, driver: version, gpuCount },
    };
  }
  if (driver.reason === "nvml") {
    const { path, code } = driver;
    const { text, hint } = explainNvml(code);
    return {
      name,
      state: "absent",
      detail:
        `opened ${path}, but it cannot be initialised: ${text} (NVML code ${code})`,
      remedy: `needed only for cuda_device; ${hint}`,
      data: { path, code },
    };
  }
  return {
    name,
    state: "absent",
    detail: whyAbsent(driver, "libnvidia-ml.so.1"),
    remedy: driver.reason === "permission"
      ? GRANT_FFI
      : "needed only for cuda_device; it is part of NVIDIA's driver",
  };
}

/** One line for all paths that were tried. */
function whyAbsent(failure: OpenFailure, fileName: string): string {
  switch (failure.reason) {
    case "missing":
      return `${fileName} was not found`;
    case "permission":
      return `${fileName} may not be opened: Deno runs without --allow-ffi`;
    default:
      return failure.message;
  }
}
