/**
 * Spreads the memory of large shared arrays over NUMA nodes.
 *
 * By default, a page comes from the node of the thread that first writes to it. That is best
 * if all threads are on one node, and for the bridge, where each thread first writes to the
 * memory that its calls use. But an array is often filled by one thread and then used by
 * all.
 *
 * @module
 */

import type { LibcResult } from "../../ffi/libc.ts";
import { keepFreedMemory, returnFreedMemory } from "../../ffi/malloc.ts";
import { setMemoryPolicy } from "../../ffi/memory_policy.ts";
import { dropPages, preferHugePages } from "../../ffi/pages.ts";
import type { PlacementPlan } from "./plan.ts";
import type { CpuRecord } from "./topology.ts";

/** Smaller arrays may get reused memory, whose pages are already on a node. */
export const LARGE_ARRAY_BYTES: number = 1 << 20;

/**
 * Returns the nodes over which large arrays are spread: those of the compute workers. Empty
 * if all threads are on one node.
 *
 * @example Usage
 * ```ts
 * import { arrayNodes } from "./memory.ts";
 * import { flatTopology } from "./topology.ts";
 * import assert from "node:assert/strict";
 *
 * const plan = { asyncCpus: [0], computeCpus: [1, 2] };
 * const [a, b, c] = flatTopology([0, 1, 2]);
 * assert.deepEqual(arrayNodes([a, b, c], plan), []);
 * assert.deepEqual(arrayNodes([a, b, { ...c, node: 1 }], plan), [0, 1]);
 * ```
 */
export function arrayNodes(
  topology: readonly CpuRecord[],
  { asyncCpus, computeCpus }: PlacementPlan,
): number[] {
  const nodes = new Map(topology.map(({ cpu, node }) => [cpu, node]));
  const nodesOf = (cpus: readonly number[]) =>
    [...new Set(cpus.map((cpu) => nodes.get(cpu) ?? -1))]
      .filter((node) => node >= 0).sort((a, b) => a - b);
  const isSpread = nodesOf([...asyncCpus, ...computeCpus]).length > 1;
  return isSpread ? nodesOf(computeCpus) : [];
}

/**
 * Allocates shared memory. If it is large, its pages come from `nodes` in turn. If the kernel
 * does not permit that, they come from the node of the thread that first writes to them.
 */
export function reserveMemory(
  byteLength: number,
  nodes: readonly number[],
): SharedArrayBuffer {
  const buffer = new SharedArrayBuffer(byteLength);
  if (byteLength >= LARGE_ARRAY_BYTES && nodes.length > 0) {
    placeMemory(buffer, nodes);
  }
  return buffer;
}

/** Makes the pages of new memory come from `nodes`, or returns why that is not possible. */
export function placeMemory(
  buffer: SharedArrayBuffer,
  nodes: readonly number[],
): LibcResult<void> {
  const policy = nodes.length === 1 ? "prefer" : "interleave";
  return setMemoryPolicy(new Uint8Array(buffer), policy, nodes);
}

/**
 * Advice about memory of this process. Where libc cannot be used, nothing happens.
 */
export const pages: {
  /** Gives back pages; the memory holds zeroes then. */
  readonly drop: (memory: Uint8Array) => void;
  /** Asks for huge pages, which need fewer page faults; the contents stay. */
  readonly preferHuge: (memory: Uint8Array) => void;
  /** Sets whether freed memory keeps its pages, to be used again. */
  readonly keepFreed: (keeps: boolean) => void;
} = {
  drop: dropPages,
  preferHuge: preferHugePages,
  keepFreed: (keeps) => {
    // Bun has an allocator of its own.
    if ("Bun" in globalThis) return;
    if (keeps) keepFreedMemory();
    else returnFreedMemory();
  },
};
