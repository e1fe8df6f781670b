/**
 * `loom topology`: a machine and what a runtime would do with it.
 *
 * @module
 */

import type { HwlocSource } from "../../../ffi/hwloc.ts";
import type { Machine } from "../../../ffi/machine.ts";
import type { ResolvedConfig } from "../../config/merge.ts";
import { InvalidConfigError } from "../../errors.ts";
import {
  describedMachine,
  type MachineView,
  thisMachine,
} from "../../placement/machine.ts";
import { planRuntime } from "../../planning.ts";

/** A thread and the CPU it would get. */
export interface PlannedThread {
  readonly name: string;
  readonly role: "async" | "compute";
  /** Number among the threads of its role. */
  readonly index: number;
  readonly cpu: number;
}

/** A GPU that was asked for, and where it is on the PCI bus. */
export interface ChosenGpu {
  readonly asked: number | string;
  readonly busId: string;
}

/** A machine with the threads of a runtime on it. */
export interface Survey {
  readonly machine: Machine;
  /** CPUs that the runtime may use. */
  readonly effectiveCpuset: readonly number[];
  /** Every thread; the CPUs are those of a pinned runtime. */
  readonly threads: readonly PlannedThread[];
  /** NUMA nodes that large arrays are spread over; none for those that write first. */
  readonly arrayNodes: readonly number[];
  /** The GPU that `cuda_device` asks for. */
  readonly gpu?: ChosenGpu;
  /** What the user should know. */
  readonly notes: readonly string[];
}

/**
 * Plans a runtime for the machine that `source` describes, or else for this one. All
 * CPUs of a described machine count as allowed.
 *
 * Throws what building a runtime would throw, and {@linkcode InvalidConfigError} for
 * a description that cannot be read.
 */
export function survey(resolved: ResolvedConfig, source?: HwlocSource): Survey {
  const view = remember(
    source === undefined ? thisMachine() : described(source),
  );
  const machine = view.machine(true);
  const { facts, warnings } = planRuntime(resolved, {
    view,
    ...(source === undefined ? {} : {
      allowed: { cpus: [...machine.cpus], source: "affinity" as const },
    }),
  });
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
    ...chosenGpu(resolved.config.cudaDevice, view),
    notes: [...resolved.notes, ...warnings],
  };
}

function chosenGpu(
  asked: number | string | undefined,
  view: MachineView,
): Pick<Survey, "gpu"> {
  const found = asked === undefined ? undefined : view.findGpu(asked);
  return found?.ok ? { gpu: { asked: asked!, busId: found.value.busId } } : {};
}

function described(source: HwlocSource): MachineView {
  const found = describedMachine(source);
  if (!found.ok) throw new InvalidConfigError(found.message);
  return found.view;
}

/** The drawing wants GPUs even when the plan does not: load once, with them. */
function remember(view: MachineView): MachineView {
  let machine: Machine | undefined;
  return { ...view, machine: () => machine ??= view.machine(true) };
}
