/**
 * Whether the memory of large arrays can be put on NUMA nodes.
 *
 * @module
 */

import { formatCpuset } from "../placement/cpuset.ts";
import { thisMachine } from "../placement/machine.ts";
import { LARGE_ARRAY_BYTES, placeMemory } from "../placement/memory.ts";
import { cpuRecords } from "../placement/topology.ts";
import type { Check } from "./check.ts";

/** Without it, pages come from the node of the thread that first writes to them. */
export function checkMemory(
  nodes: readonly number[] = nodesWithCpus(),
  place: typeof placeMemory = placeMemory,
): Check {
  const name = "NUMA memory";
  if (nodes.length < 2) {
    return { name, state: "ok", detail: "one node, nothing to choose from" };
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
        "let the container set memory policies (docker run --cap-add SYS_NICE), or let the workers fill the arrays that they will use",
      data,
    };
}

function nodesWithCpus(): number[] {
  const machine = thisMachine().machine(false);
  const nodes = cpuRecords(machine, machine.cpus).map(({ node }) => node);
  return [...new Set(nodes)].filter((node) => node >= 0);
}
