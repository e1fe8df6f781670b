/**
 * The order of CPUs on described machines.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Machine } from "../../ffi/machine.ts";
import { efficiencyCpus } from "../../lib/placement/core_kinds.ts";
import { cpuRecords, flatTopology } from "../../lib/placement/topology.ts";
import { test } from "../support/test.ts";

const EMPTY: Machine = {
  source: "sysfs",
  cpus: [],
  packages: [],
  nodes: [],
  l3Groups: [],
  cores: [],
  kinds: [],
  displays: [],
};

function node(index: number, cpus: readonly number[]) {
  return { index, memoryBytes: 0, cpus };
}

test("cpuRecords() orders by package, node, cache, core and CPU", () => {
  const machine = {
    ...EMPTY,
    packages: [{ index: 0, cpus: [0, 1, 4, 5, 6] }, { index: 8, cpus: [2, 3] }],
    nodes: [node(0, [0, 1, 4, 5, 6]), node(8, [2, 3])],
    l3Groups: [[0, 5, 6], [1, 4], [2, 3]].map((cpus) => ({
      sizeBytes: 0,
      cpus,
    })),
    cores: [[0, 5], [1, 4], [2, 3], [6]].map((cpus) => ({ cpus })),
  };
  const records = cpuRecords(machine, [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(
    records.map(({ cpu, core, package: id, node, l3 }) => [
      cpu,
      core,
      id,
      node,
      l3,
    ]),
    [
      [0, 0, 0, 0, 0],
      [5, 0, 0, 0, 0],
      [6, 1, 0, 0, 0],
      [1, 2, 0, 0, 1],
      [4, 2, 0, 0, 1],
      [2, 3, 8, 8, 2],
      [3, 3, 8, 8, 2],
    ],
  );
});

test("A core keeps its number if a sibling is offline or not allowed", () => {
  const machine = { ...EMPTY, cores: [{ cpus: [0] }, { cpus: [1, 5] }] };
  assert.deepEqual(
    cpuRecords(machine, [0, 5]).map(({ cpu, core }) => [cpu, core]),
    [[0, 0], [5, 1]],
  );
});

test("A GPU's memory node that spans a package does not replace the node of its CPUs", () => {
  const machine = {
    ...EMPTY,
    nodes: [node(0, [0, 1]), node(1, [2, 3]), node(255, [0, 1, 2, 3])],
  };
  const nodes = cpuRecords(machine, [0, 1, 2, 3, 4]).map(({ node }) => node);
  assert.deepEqual(nodes, [0, 0, 1, 1, -1]);
});

test("CPUs without a record are a core each", () => {
  assert.deepEqual(cpuRecords(EMPTY, [3, 1]), flatTopology([1, 3]));
});

test("Efficiency cores are found by type, else by frequency, else by capacity", () => {
  const [strong, favoured, weak] = [[0], [1], [2]];
  const cases = [
    [{ cpus: strong, coreType: "IntelCore" }, {
      cpus: weak,
      coreType: "IntelAtom",
    }],
    [
      { cpus: strong, maxFrequencyMhz: 5000 },
      { cpus: favoured, maxFrequencyMhz: 5300 },
      { cpus: weak, maxFrequencyMhz: 3900 },
    ],
    [
      { cpus: strong, maxFrequencyMhz: 2000, capacity: 1024 },
      { cpus: weak, maxFrequencyMhz: 2000, capacity: 600 },
    ],
  ];
  for (const kinds of cases) {
    assert.deepEqual([...efficiencyCpus(kinds)], weak);
  }
  const alike = [
    [],
    [{ cpus: [0, 1], capacity: 1024 }],
    [{ cpus: [0, 1], coreType: "IntelAtom" }], // only small cores
    [{ cpus: [0], maxFrequencyMhz: 5700 }, {
      cpus: [1],
      maxFrequencyMhz: 5250,
    }],
  ];
  for (const kinds of alike) assert.equal(efficiencyCpus(kinds).size, 0);
});
