/**
 * Which CPUs this process may use, how much of them, and whether threads can be
 * pinned to them.
 *
 * @module
 */

import { formatCpuset } from "../placement/cpuset.ts";
import {
  allowedCpus,
  pinCurrentThread,
  unpinCurrentThread,
} from "../placement/pin.ts";
import { readSystemFile } from "../placement/system_file.ts";
import { readCgroupLimits, type ReadText } from "../placement/cgroup.ts";
import type { Check } from "./check.ts";

/** The CPUs in the process's affinity mask. */
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

/** What control groups say: their cpuset narrows the mask, a quota slows all of it. */
export function checkCgroup(
  readText: ReadText = readSystemFile,
  cpuCount: number = allowedCpus().cpus.length,
): Check {
  const name = "cgroup";
  const limits = readCgroupLimits(readText);
  const { version, cpuset, quotaCpus } = limits;
  if (version === undefined) {
    return { name, state: "ok", detail: "no CPU limits to be read" };
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

/** Pins this thread to each allowed CPU in turn, reads it back, and undoes it. */
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
        "name CPUs that this process may use with cpuset, or let the container grant them and sched_setaffinity",
    };
}
