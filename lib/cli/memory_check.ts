/**
 * Checks whether large arrays can be spread over NUMA nodes.
 *
 * @module
 */

import { formatCpuset } from "../placement/cpuset.ts";
import { thisMachine } from "../placement/machine.ts";
import { LARGE_ARRAY_BYTES, placeMemory } from "../placement/memory.ts";
import { cpuRecords } from "../placement/topology.ts";
import type { Check } from "./check.ts";

/** If not, pages come from the node of the thread that first writes to them. */
export function checkMemory(
  nodes: readonly number[] = nodesWithCpus(),
  place: typeof placeMemory = placeMemory,
): Check {
  const name = "NUMA memory";
  if (nodes.length < 2) {
    return { name, state: "ok", detail: "only one node" };
  }
  const placed = place(new SharedArrayBuffer(LARGE_ARRAY_BYTES), nodes);
  const data = { nodes };
  return placed.ok
    ? {
      name,
      state: "ok",
      detail: `large arrays can be spread over nodes ${formatCpuset(nodes)}`,
      data,
    }
    : {
      name,
      state: "warning",
      detail: placed.message,
      remedy:
        "allow the container to set memory policies (docker run --cap-add SYS_NICE), or let the workers fill the arrays that they use",
      data,
    };
}

function nodesWithCpus(): number[] {
  const machine = thisMachine().machine(false);
  const nodes = cpuRecords(machine, machine.cpus).map(({ node }) => node);
  return [...new Set(nodes)].filter((node) => node >= 0);
}
