import assert from "node:assert/strict";
import fc from "fast-check";
import { InsufficientCpusError } from "../../lib/errors.ts";
import {
  planPlacement,
  resolveThreadCounts,
  type ThreadCounts,
} from "../../lib/placement/plan.ts";
import { type CpuRecord, flatTopology } from "../../lib/placement/topology.ts";
import { test } from "../support/test.ts";

/** Linux's usual numbering: the second PUs of all cores come after the first ones. */
function machine(
  packages: number,
  coresEach: number,
  threadsEach: number,
): CpuRecord[] {
  const coreCount = packages * coresEach;
  return Array.from({ length: coreCount * threadsEach }, (_, cpu) => {
    const core = cpu % coreCount;
    const packageId = Math.floor(core / coresEach);
    return {
      cpu,
      core,
      package: packageId,
      node: packageId,
      // Two cores share a cache.
      l3: Math.floor(core / 2),
      isEfficiency: false,
    };
  });
}

function plan(
  topology: readonly CpuRecord[],
  allowed: readonly number[],
  asyncThreads: number,
  computeThreads: number,
) {
  return planPlacement(topology, allowed, { asyncThreads, computeThreads });
}

function cpusOf(topology: readonly CpuRecord[]): number[] {
  return topology.map((record) => record.cpu);
}

test("planPlacement() uses one PU of each core, event loops first", () => {
  const smt = machine(1, 4, 2);
  assert.deepEqual(plan(smt, cpusOf(smt), 1, 3), {
    asyncCpus: [0],
    computeCpus: [1, 2, 3],
  });
});

test("planPlacement() leaves the event loop's sibling for last", () => {
  const smt = machine(1, 4, 2);
  assert.deepEqual(
    plan(smt, cpusOf(smt), 1, 7).computeCpus,
    [1, 2, 3, 5, 6, 7, 4],
  );
});

test("planPlacement() fills one package before the next", () => {
  const interleaved = machine(2, 2, 1).map((record, i) => ({
    ...record,
    cpu: [0, 2, 1, 3][i],
  }));
  assert.deepEqual(plan(interleaved, [0, 1, 2, 3], 1, 3), {
    asyncCpus: [0],
    computeCpus: [2, 1, 3],
  });
});

test("on one CPU the event loop and the compute worker share it", () => {
  assert.deepEqual(plan(flatTopology([5]), [5], 1, 1), {
    asyncCpus: [5],
    computeCpus: [5],
  });
});

test("a surplus compute worker shares with an event loop before another worker", () => {
  assert.deepEqual(plan(flatTopology([0, 1, 2]), [0, 1, 2], 1, 3), {
    asyncCpus: [0],
    computeCpus: [1, 2, 0],
  });
});

test("an allowed CPU without a record is a core of its own; no CPU, no plan", () => {
  assert.deepEqual(plan([], [7, 3], 1, 1), {
    asyncCpus: [3],
    computeCpus: [7],
  });
  assert.deepEqual(plan([], [], 1, 1), { asyncCpus: [], computeCpus: [] });
});

/** Any machine, any non-empty part of it allowed in any order, any counts. */
const situations = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 2 }),
).chain(([packages, cores, threads]) => {
  const topology = machine(packages, cores, threads);
  // Efficiency cores have one PU each, as in every processor that has them.
  const withKinds = (efficiencyCores: number[]) =>
    topology.map((record) => ({
      ...record,
      isEfficiency: threads === 1 && efficiencyCores.includes(record.core),
    }));
  const coreNumbers = [...new Set(topology.map(({ core }) => core))];
  return fc.record({
    topology: fc.subarray(coreNumbers).chain((efficiencyCores) =>
      fc.shuffledSubarray(withKinds(efficiencyCores), {
        minLength: topology.length,
      })
    ),
    allowed: fc.shuffledSubarray(cpusOf(topology), { minLength: 1 }),
    counts: fc.record({
      asyncThreads: fc.integer({ min: 1, max: 6 }),
      // Few threads as often as many: then there is something left to choose from.
      computeThreads: fc.oneof(
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 20 }),
      ),
    }),
  });
});

function forEverySituation(
  check: (
    topology: readonly CpuRecord[],
    allowed: readonly number[],
    counts: ThreadCounts,
  ) => void,
): void {
  fc.assert(
    fc.property(
      situations,
      ({ topology, allowed, counts }) => check(topology, allowed, counts),
    ),
    { numRuns: 500 },
  );
}

test("every thread gets an allowed CPU, none twice before all are used", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    assert.equal(asyncCpus.length, counts.asyncThreads);
    assert.equal(computeCpus.length, counts.computeThreads);
    const all = [...asyncCpus, ...computeCpus];
    assert.ok(all.every((cpu) => allowed.includes(cpu)));
    assert.equal(new Set(all).size, Math.min(all.length, allowed.length));
    assert.equal(
      new Set(computeCpus).size,
      Math.min(computeCpus.length, allowed.length),
    );
  });
});

test("no core holds two threads while an allowed core holds none", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const all = [...asyncCpus, ...computeCpus];
    const coreOf = coresByCpu(topology);
    const usedCores = new Set(all.map(coreOf));
    const allowedCores = new Set(allowed.map(coreOf));
    assert.equal(usedCores.size, Math.min(all.length, allowedCores.size));
  });
});

test("a compute worker joins an event loop's core only when the others are full", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const coreOf = coresByCpu(topology);
    const loopCores = new Set(asyncCpus.map(coreOf));
    if (!computeCpus.some((cpu) => loopCores.has(coreOf(cpu)))) return;
    const elsewhere = allowed.filter((cpu) => !loopCores.has(coreOf(cpu)));
    assert.ok(elsewhere.every((cpu) => computeCpus.includes(cpu)));
  });
});

test("no efficiency core is used while an allowed performance core is free", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const used = new Set([...asyncCpus, ...computeCpus]);
    const isEfficiency = new Map(
      topology.map((record) => [record.cpu, record.isEfficiency]),
    );
    const usedCores = new Set([...used].map(coresByCpu(topology)));
    const hasFreeCore = allowed.some((cpu) =>
      !isEfficiency.get(cpu) && !usedCores.has(coresByCpu(topology)(cpu))
    );
    if (hasFreeCore) {
      assert.ok([...used].every((cpu) => !isEfficiency.get(cpu)));
    }
  });
});

test("threads that fit into one node's cores stay in one node", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const records = new Map(topology.map((record) => [record.cpu, record]));
    const coresOf = (node: number) =>
      new Set(
        allowed.map((cpu) => records.get(cpu)!)
          .filter((record) => record.node === node)
          .map(({ core }) => core),
      ).size;
    const threadCount = counts.asyncThreads + counts.computeThreads;
    const nodes = [...new Set(topology.map(({ node }) => node))];
    if (!nodes.some((node) => coresOf(node) >= threadCount)) return;
    // Efficiency cores of one node come after performance cores of all.
    if (topology.some(({ isEfficiency }) => isEfficiency)) return;
    const used = [...asyncCpus, ...computeCpus];
    assert.equal(new Set(used.map((cpu) => records.get(cpu)!.node)).size, 1);
  });
});

test("at most one L3 group is used in part", () => {
  forEverySituation((topology, allowed, counts) => {
    if (topology.some(({ isEfficiency }) => isEfficiency)) return;
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const records = new Map(topology.map((record) => [record.cpu, record]));
    const coresIn = (cpus: readonly number[]) =>
      Map.groupBy(
        new Set(cpus.map((cpu) => records.get(cpu)!.core)),
        (core) => topology.find((record) => record.core === core)!.l3,
      );
    const used = coresIn([...asyncCpus, ...computeCpus]);
    const all = coresIn(allowed);
    const partial = [...used].filter(([l3, cores]) =>
      cores.length < all.get(l3)!.length
    );
    assert.ok(partial.length <= 1);
  });
});

test("a node too small for all threads does not split them", () => {
  const twoNodes = machine(2, 4, 1);
  assert.deepEqual(plan(twoNodes, [0, 4, 5, 6, 7], 1, 3), {
    asyncCpus: [4],
    computeCpus: [5, 6, 7],
  });
});

test("efficiency cores come after performance cores, before siblings", () => {
  // Efficiency cores 0 and 1, then cores 2 and 3 with two PUs each.
  const hybrid = [0, 1, 2, 2, 3, 3].map((core, cpu) => ({
    cpu,
    core,
    package: 0,
    node: 0,
    l3: 0,
    isEfficiency: core < 2,
  }));
  assert.deepEqual(plan(hybrid, cpusOf(hybrid), 1, 5), {
    asyncCpus: [2],
    computeCpus: [4, 0, 1, 5, 3],
  });
});

test("a machine of 4,096 CPUs is planned like a small one", () => {
  const large = machine(8, 256, 2);
  const { asyncCpus, computeCpus } = plan(large, cpusOf(large), 1, 4095);
  assert.equal(new Set([...asyncCpus, ...computeCpus]).size, 4096);
});

test("the plan does not depend on the order of its inputs", () => {
  forEverySituation((topology, allowed, counts) => {
    const byCpu = [...topology].sort((a, b) => a.cpu - b.cpu);
    const sorted = [...allowed].sort((a, b) => a - b);
    assert.deepEqual(
      planPlacement(topology, allowed, counts),
      planPlacement(byCpu, sorted, counts),
    );
  });
});

function coresByCpu(topology: readonly CpuRecord[]) {
  const cores = new Map(topology.map((record) => [record.cpu, record.core]));
  return (cpu: number) => cores.get(cpu);
}

test("resolveThreadCounts() gives the remaining CPUs to compute, at least one", () => {
  const counts = (
    cpuCount: number,
    asyncThreads?: number,
    computeThreads?: number,
  ) => {
    const request = { asyncThreads, computeThreads, cpuCount, pinned: true };
    const resolved = resolveThreadCounts(request);
    return [resolved.asyncThreads, resolved.computeThreads];
  };
  assert.deepEqual(counts(8), [1, 7]);
  assert.deepEqual(counts(8, 3), [3, 5]);
  assert.deepEqual(counts(8, undefined, 2), [1, 2]);
  assert.deepEqual(counts(8, 2, 6), [2, 6]);
  // Defaults never throw: there the event loop shares its CPU.
  assert.deepEqual(counts(1), [1, 1]);
  assert.deepEqual(counts(2, 2), [2, 1]);
  assert.deepEqual(counts(2, undefined, 2), [1, 2]);
});

test("a cgroup's quota limits the default, not what is asked for", () => {
  const counts = (quotaCpus: number, computeThreads?: number) =>
    resolveThreadCounts({
      cpuCount: 8,
      pinned: true,
      quotaCpus,
      computeThreads,
    }).computeThreads;
  assert.deepEqual([2.5, 4, 100].map((quota) => counts(quota)), [1, 3, 7]);
  assert.equal(counts(0.2), 1);
  assert.equal(counts(2.5, 6), 6);
});

test("resolveThreadCounts() refuses more pinned threads than CPUs, if asked for", () => {
  const request = { asyncThreads: 3, computeThreads: 6, cpuCount: 8 };
  assert.throws(
    () => resolveThreadCounts({ ...request, pinned: true }),
    (error: unknown) => {
      assert.ok(error instanceof InsufficientCpusError);
      assert.deepEqual([error.requested, error.available], [9, 8]);
      return true;
    },
  );
  assert.deepEqual(
    resolveThreadCounts({ ...request, pinned: false }),
    { asyncThreads: 3, computeThreads: 6 },
  );
});
