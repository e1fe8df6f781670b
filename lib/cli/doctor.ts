/**
 * `loom doctor`: checks everything that loom needs, with remedies.
 *
 * @module
 */

import process from "node:process";
import type { Check, CheckState, Report } from "./check.ts";
import { checkAllowedCpus, checkCgroup, checkPinning } from "./cpu_checks.ts";
import { checkHwloc, checkLibc, checkNvml } from "./library_checks.ts";
import { checkMemory } from "./memory_check.ts";
import { checkReservation } from "./reservation_check.ts";
import { checkFfiPermission, checkRuntime } from "./runtime_check.ts";

/** Checks this machine. */
export function examine(): Report {
  if (process.platform !== "linux") {
    return reportOf([checkRuntime(), otherSystem(process.platform)]);
  }
  return reportOf([
    checkRuntime(),
    checkFfiPermission(),
    checkLibc(),
    checkHwloc(),
    checkNvml(),
    checkAllowedCpus(),
    checkCgroup(),
    checkPinning(),
    checkReservation(),
    checkMemory(),
  ]);
}

/** The only thing to say about a system that is not Linux. */
function otherSystem(platform: string): Check {
  return {
    name: "system",
    state: "failed",
    detail: `pinning needs Linux, and this is ${platform}`,
    remedy: "none is needed: threads run unpinned, and all else works",
    data: { platform },
  };
}

/** Pinning works unless a check failed. */
export function reportOf(checks: readonly Check[]): Report {
  const pinningWorks = checks.every(({ state }) => state !== "failed");
  return { pinningWorks, checks };
}

const MARKS: Readonly<Record<CheckState, string>> = {
  ok: "ok     ",
  warning: "warning",
  absent: "absent ",
  failed: "FAILED ",
};

/** Formats a report: a line for each check with its remedy below, and a summary. */
export function formatReport({ checks, pinningWorks }: Report): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const indent = " ".repeat(MARKS.ok.length + width + 4);
  const lines = checks.flatMap(({ name, state, detail, remedy }) => [
    `${MARKS[state]}  ${name.padEnd(width)}  ${detail}`,
    ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
  ]);
  const summary = pinningWorks
    ? "Threads can be pinned."
    : "Threads cannot be pinned: loom runs unpinned, or fails if pin_threads is require.";
  return [...lines, "", summary].join("\n");
}
