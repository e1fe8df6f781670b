/**
 * Surveys a machine and the threads that a runtime would place on it.
 *
 * @module
 */

import type { HwlocSource } from "../../../ffi/hwloc.ts";
import type { Machine } from "../../../ffi/machine.ts";
import {
  reservedThreads,
  type SeatedThread,
} from "../../affinity/reservation.ts";
import type { ResolvedConfig } from "../../config/merge.ts";
import { InvalidConfigError } from "../../errors.ts";
import {
  describedMachine,
  type MachineView,
  thisMachine,
} from "../../placement/machine.ts";
import { describeReservations } from "../reservation_check.ts";
import type { PlannedThread, Survey } from "../../drawing/survey.ts";
import { planRuntime } from "../../planning.ts";

/**
 * Plans a runtime for the machine that `source` describes, or for this one. All CPUs of a
 * described machine count as allowed.
 *
 * @throws {InvalidConfigError} If the description cannot be read; and what building a
 * runtime throws.
 */
export function survey(resolved: ResolvedConfig, source?: HwlocSource): Survey {
  const view = cached(
    source === undefined ? thisMachine() : described(source),
  );
  const machine = view.machine(true);
  const others = source === undefined && resolved.config.reserve
    ? threadsOfOthers(machine)
    : [];
  const { facts, warnings } = planRuntime(resolved, {
    view,
    others,
    ...(source === undefined ? {} : {
      allowed: { cpus: [...machine.cpus], source: "affinity" as const },
    }),
  });
  const reserved = describeReservations(others)
    .map((reservation) => `reserved: ${reservation}`);
  const place = (role: PlannedThread["role"], cpus: readonly number[]) =>
    facts.threads.filter((thread) => thread.role === role)
      .map(({ name }, index) => ({ name, role, index, cpu: cpus[index] }));
  return {
    machine,
    effectiveCpuset: facts.effectiveCpuset,
    threads: [
      ...place("async", facts.asyncCpus),
      ...place("compute", facts.computeCpus),
    ],
    arrayNodes: facts.arrayNodes,
    ...selectedGpu(resolved.config.cudaDevice, view),
    notes: [...resolved.notes, ...warnings, ...reserved],
  };
}

function threadsOfOthers({ cpus }: Machine): readonly SeatedThread[] {
  const reserved = reservedThreads(Math.max(...cpus) + 1);
  return "failure" in reserved ? [] : reserved.threads;
}

function selectedGpu(
  device: number | string | undefined,
  view: MachineView,
): Pick<Survey, "gpu"> {
  if (device === undefined) return {};
  const found = view.findGpu(device);
  return found.ok ? { gpu: { device, busId: found.value.busId } } : {};
}

function described(source: HwlocSource): MachineView {
  const found = describedMachine(source);
  if (!found.ok) throw new InvalidConfigError(found.message);
  return found.view;
}

/** Loads the machine once, with GPUs: the drawing needs them even if the plan does not. */
function cached(view: MachineView): MachineView {
  let machine: Machine | undefined;
  return { ...view, machine: () => machine ??= view.machine(true) };
}
