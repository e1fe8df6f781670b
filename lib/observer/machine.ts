/**
 * The machine of an observed runtime, as a picture.
 *
 * @module
 */

import { drawSvg } from "../drawing/svg.ts";
import type { PlannedThread, SelectedGpu } from "../drawing/survey.ts";
import { type MachineView, thisMachine } from "../placement/machine.ts";
import type { LoomRuntime } from "../runtime.ts";

/** Draws the machine with each thread of a runtime on its CPU. */
export function drawMachine(runtime: LoomRuntime): string {
  const view = thisMachine();
  const machine = view.machine(true);
  const threads = runtime.threads();
  const place = (
    role: PlannedThread["role"],
    cpus: readonly number[],
  ): PlannedThread[] =>
    threads.filter((thread) => thread.role === role)
      .map(({ name }, index) => ({ name, role, index, cpu: cpus[index] }));
  return drawSvg({
    machine,
    effectiveCpuset: runtime.effectiveCpuset,
    threads: [
      ...place("async", runtime.asyncCpus),
      ...place("compute", runtime.computeCpus),
    ],
    arrayNodes: [],
    ...selectedGpu(runtime, view),
    notes: [],
  });
}

function selectedGpu(
  { config: { cudaDevice } }: LoomRuntime,
  view: MachineView,
): { gpu?: SelectedGpu } {
  if (cudaDevice === undefined) return {};
  const found = view.findGpu(cudaDevice);
  return found.ok
    ? { gpu: { device: cudaDevice, busId: found.value.busId } }
    : {};
}
