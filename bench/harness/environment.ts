/**
 * The machine and the runtime on which a figure was measured.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release } from "node:os";
import process from "node:process";

/** The two runtimes. */
export type RuntimeName = "Deno" | "Bun";

/** The machine and the runtime at the time of the measurement. */
export interface Environment {
  readonly runtime: RuntimeName;
  readonly version: string;
  readonly cpu: string;
  /** How many CPUs the process may use. */
  readonly cpuCount: number;
  /** The CPUs that the process may use; loom pins its threads to some of them. */
  readonly cpus: string;
  readonly kernel: string;
  /** Load averages over 1, 5 and 15 minutes, when the measurement began. */
  readonly load: readonly number[];
  readonly date: string;
}

/** The runtime that runs this program. */
export const RUNTIME: RuntimeName = "Deno" in globalThis ? "Deno" : "Bun";

/** Reads the current environment. */
export function environment(): Environment {
  return {
    runtime: RUNTIME,
    version: process.versions[RUNTIME.toLowerCase()] ?? "unknown",
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cpuCount: availableParallelism(),
    cpus: allowedCpus(),
    kernel: release(),
    load: loadavg().map((load) => Math.round(load * 100) / 100),
    date: new Date().toISOString(),
  };
}

function allowedCpus(): string {
  try {
    const status = readFileSync("/proc/self/status", "utf8");
    return /^Cpus_allowed_list:\s*(.+)$/m.exec(status)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}
