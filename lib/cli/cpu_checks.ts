/**
 * Checks which CPUs this process may use, how much of their time, and whether threads can
 * be pinned to them.
 *
 * @module
 */

import { formatCpuset } from "../placement/cpuset.ts";
import {
  allowedCpus,
  pinCurrentThread,
  unpinCurrentThread,
} from "../affinity/pin.ts";
import { readSystemFile } from "../placement/system_file.ts";
import { readCgroupLimits, type ReadText } from "../placement/cgroup.ts";
import type { Check } from "./check.ts";

/** Checks the affinity mask of the process. */
export function checkAllowedCpus(): Check {
  const { cpus, source, warning } = allowedCpus();
  const name = "allowed CPUs";
  const data = { cpus, source };
  const count = `${cpus.length} CPU${cpus.length === 1 ? "" : "s"}`;
  return warning === undefined
    ? { name, state: "ok", detail: `${formatCpuset(cpus)} (${count})`, data }
    : {
      name,
      state: "warning",
      detail: `about ${count}: the affinity mask cannot be read`,
      data,
    };
}

/** Checks control groups: a cpuset limits the CPUs, and a quota limits their time. */
export function checkCgroup(
  readText: ReadText = readSystemFile,
  cpuCount: number = allowedCpus().cpus.length,
): Check {
  const name = "cgroup";
  const limits = readCgroupLimits(readText);
  const { version, cpuset, quotaCpus } = limits;
  if (version === undefined) {
    return { name, state: "ok", detail: "no CPU limits found" };
  }
  const detail = [
    `version ${version}`,
    cpuset === undefined ? "no cpuset" : `cpuset ${cpuset}`,
    quotaCpus === undefined
      ? "no CPU quota"
      : `CPU quota ${Number(quotaCpus.toFixed(2))}`,
  ].join(", ");
  return quotaCpus !== undefined && quotaCpus < cpuCount
    ? {
      name,
      state: "warning",
      detail,
      remedy: `more than ${
        Math.max(1, Math.floor(quotaCpus))
      } busy threads are throttled: lower compute_threads or raise the quota`,
      data: { ...limits },
    }
    : { name, state: "ok", detail, data: { ...limits } };
}

/** Pins this thread to each allowed CPU in turn, reads the mask back, and unpins it. */
export function checkPinning(): Check {
  const name = "pinning";
  const { cpus, warning } = allowedCpus();
  if (warning !== undefined) return { name, state: "failed", detail: warning };
  const outcomes = cpus.map((cpu) => pinCurrentThread(cpu, null));
  unpinCurrentThread(cpus);
  const failed = outcomes.filter(({ pinned }) => !pinned);
  return failed.length === 0
    ? { name, state: "ok", detail: `works on CPUs ${formatCpuset(cpus)}` }
    : {
      name,
      state: "failed",
      detail: `fails on CPUs ${formatCpuset(failed.map(({ cpu }) => cpu))}: ${
        failed[0].failure
      }`,
      remedy:
        "set cpuset to CPUs that this process may use, or allow these CPUs and sched_setaffinity in the container",
    };
}
