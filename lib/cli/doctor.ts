/**
 * `loom doctor`: everything that loom wants of the machine, and how to get it.
 *
 * @module
 */

import type { Check, CheckState, Report } from "./check.ts";
import { checkAllowedCpus, checkCgroup, checkPinning } from "./cpu_checks.ts";
import { checkHwloc, checkLibc, checkNvml } from "./library_checks.ts";
import { checkMemory } from "./memory_check.ts";
import { checkFfiPermission, checkRuntime } from "./runtime_check.ts";

/** Checks this machine. */
export function examine(): Report {
  return reportOf([
    checkRuntime(),
    checkFfiPermission(),
    checkLibc(),
    checkHwloc(),
    checkNvml(),
    checkAllowedCpus(),
    checkCgroup(),
    checkPinning(),
    checkMemory(),
  ]);
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

/** Formats a report: a line per check, its remedy below, and the verdict. */
export function formatReport({ checks, pinningWorks }: Report): string {
  const width = Math.max(0, ...checks.map(({ name }) => name.length));
  const indent = " ".repeat(MARKS.ok.length + width + 4);
  const lines = checks.flatMap(({ name, state, detail, remedy }) => [
    `${MARKS[state]}  ${name.padEnd(width)}  ${detail}`,
    ...(remedy === undefined ? [] : [`${indent}→ ${remedy}`]),
  ]);
  const verdict = pinningWorks
    ? "Threads can be pinned here."
    : "Threads cannot be pinned here; loom runs unpinned, unless pin_threads is require.";
  return [...lines, "", verdict].join("\n");
}
