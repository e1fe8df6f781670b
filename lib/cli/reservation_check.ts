/**
 * Checks whether CPUs can be reserved between programs, and who has reserved which.
 *
 * @module
 */

import { allowedCpus } from "../affinity/pin.ts";
import {
  describePrograms,
  FOLDER_VARIABLE,
  reservedThreads,
  type SeatedThread,
} from "../affinity/reservation.ts";
import type { Check } from "./check.ts";

/** Checks the file in which programs reserve CPUs. */
export function checkReservation(): Check {
  const name = "reserved CPUs";
  const reserved = reservedThreads(Math.max(...allowedCpus().cpus) + 1);
  if ("failure" in reserved) {
    return {
      name,
      state: "warning",
      detail: `programs cannot share out CPUs: ${reserved.failure}`,
      remedy:
        `set ${FOLDER_VARIABLE} to a folder that all programs may write to`,
    };
  }
  const { path, threads } = reserved;
  return {
    name,
    state: "ok",
    detail: `${
      describeReservations(threads).join("; ") || "none"
    } (in ${path})`,
    data: { path, threads },
  };
}

/** Each CPU that is reserved, and by which programs. */
export function describeReservations(
  threads: readonly SeatedThread[],
): string[] {
  return [...Map.groupBy(threads, ({ cpu }) => cpu)].map(([cpu, ofCpu]) =>
    `CPU ${cpu} by ${describePrograms(ofCpu)}`
  );
}
