/**
 * The nodes over which large arrays are spread, on described machines; and that the kernel
 * follows the policy, on this one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readCode } from "../../lib/config/code.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import { currentRuntime } from "../../lib/current.ts";
import { Functions } from "../../lib/tasks/functions.ts";
import { TASK_GLOBALS } from "../../lib/parallel/task_globals.ts";
import {
  arrayNodes,
  LARGE_ARRAY_BYTES,
  placeMemory,
  reserveMemory,
} from "../../lib/placement/memory.ts";
import { readSysfs } from "../../lib/placement/sysfs.ts";
import { planPlacement } from "../../lib/placement/plan.ts";
import { cpuRecords } from "../../lib/placement/topology.ts";
import { planRuntime } from "../../lib/planning.ts";
import { Pool } from "../../lib/pool/pool.ts";
import { LoomRuntime } from "../../lib/runtime.ts";
import { MACHINES } from "../fixtures/machines.ts";
import { policyOf, tellsPages } from "../support/pages.ts";
import { withSysfs } from "../support/sysfs_tree.ts";
import { skip, test } from "../support/test.ts";

const LARGE = LARGE_ARRAY_BYTES;

const needsPages = tellsPages()
  ? test
  : (name: string) =>
    skip(name, "needs a kernel that reports NUMA nodes of pages");

function topologyOf(name: string) {
  return withSysfs(MACHINES[name], (folder) => {
    const machine = readSysfs({ root: `${folder}/sys` });
    return cpuRecords(machine, machine.cpus);
  });
}

test("Arrays are spread over the nodes of the compute workers if there are several", () => {
  const nodesFor = (name: string, computeThreads: number) => {
    const topology = topologyOf(name);
    const cpus = topology.map(({ cpu }) => cpu);
    const counts = { asyncThreads: 1, computeThreads };
    return arrayNodes(topology, planPlacement(topology, cpus, counts));
  };
  assert.deepEqual(nodesFor("smt", 7), []);
  assert.deepEqual(nodesFor("twoSockets", 7), []); // fits into one node
  assert.deepEqual(nodesFor("twoSockets", 8), [0, 1]);
  assert.deepEqual(nodesFor("power", 15), [0, 8]);
});

test("If all workers are on one node and the event loop is not, arrays come from that node", () => {
  const topology = topologyOf("twoSockets"); // odd CPUs are on node 1
  const on = (asyncCpus: number[], computeCpus: number[]) =>
    arrayNodes(topology, { asyncCpus, computeCpus });
  assert.deepEqual(on([0], [1, 3]), [1]);
  assert.deepEqual(on([1], [3, 5]), []);
  assert.deepEqual(on([], []), []);
  const lost = topology.map((it) => it.node === 1 ? { ...it, node: -1 } : it);
  assert.deepEqual(arrayNodes(lost, { asyncCpus: [0], computeCpus: [1] }), []);
});

needsPages(
  "A policy that the kernel rejects is a value, and the memory is allocated",
  () => {
    const none = 1000; // no kernel has so many nodes
    const refused = placeMemory(new SharedArrayBuffer(LARGE), [none]);
    assert.equal(
      refused.ok || refused.message,
      "Cannot set the memory policy prefer:1000: EINVAL (invalid argument)",
    );
    assert.equal(reserveMemory(LARGE, [none]).byteLength, LARGE);
  },
);

needsPages(
  "runtime.alloc() uses the nodes of the plan, also on workers",
  async () => {
    const config = resolveConfig([
      readCode({ pinThreads: false, computeThreads: 1 }),
    ]);
    const { facts, spin } = planRuntime(config);
    assert.deepEqual(facts.arrayNodes, []); // unpinned threads have no node
    const placed = { ...facts, arrayNodes: [0] };
    const pool = await Pool.start(placed, spin, assert.fail);
    const runtime = new LoomRuntime(pool.endpoint, placed, {
      begin: () => true,
      end: () => void pool.stop(),
      ended: () => pool.ended,
      recycle: () => pool.recycle(),
    }, new Functions(pool.tasks, { globals: TASK_GLOBALS }));
    const mine = runtime.alloc(Uint8Array, LARGE);
    assert.equal(policyOf(mine.buffer), "prefer:0");
    const theirs = await runtime.spawnCompute(
      (n: number) => currentRuntime().alloc(Uint8Array, n),
      LARGE,
    );
    assert.equal(policyOf(theirs.buffer), "prefer:0");
    await runtime.blockUntilIdle();
  },
);
