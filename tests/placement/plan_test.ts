import assert from "node:assert/strict";
import fc from "fast-check";
import { InsufficientCpusError } from "../../lib/errors.ts";
import {
  type OtherThread,
  planPlacement,
  resolveThreadCounts,
  type ThreadCounts,
} from "../../lib/placement/plan.ts";
import { type CpuRecord, flatTopology } from "../../lib/placement/topology.ts";
import { test } from "../support/test.ts";

/** Numbered as usual on Linux: the second PUs of all cores follow the first ones. */
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
      // Two cores of a package share a cache.
      l3: packageId * Math.ceil(coresEach / 2) +
        Math.floor(core % coresEach / 2),
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

test("planPlacement() uses the event loop's sibling last", () => {
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

test("The event loop and the compute worker share a single CPU", () => {
  assert.deepEqual(plan(flatTopology([5]), [5], 1, 1), {
    asyncCpus: [5],
    computeCpus: [5],
  });
});

test("An extra compute worker shares a CPU with an event loop, not with another worker", () => {
  assert.deepEqual(plan(flatTopology([0, 1, 2]), [0, 1, 2], 1, 3), {
    asyncCpus: [0],
    computeCpus: [1, 2, 0],
  });
});

test("An allowed CPU without a record is a core of its own; without CPUs the plan is empty", () => {
  assert.deepEqual(plan([], [7, 3], 1, 1), {
    asyncCpus: [3],
    computeCpus: [7],
  });
  assert.deepEqual(plan([], [], 1, 1), { asyncCpus: [], computeCpus: [] });
});

/** Any machine, any non-empty subset of its CPUs in any order, and any counts. */
const situations = fc.tuple(
  fc.integer({ min: 1, max: 2 }),
  fc.integer({ min: 1, max: 4 }),
  fc.integer({ min: 1, max: 2 }),
).chain(([packages, cores, threads]) => {
  const topology = machine(packages, cores, threads);
  // Efficiency cores have one PU each, as on all processors that have them.
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
      // Small counts are as likely as large ones, so that unused CPUs remain.
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

test("Every thread gets an allowed CPU, and no CPU is shared while another is unused", () => {
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

test("No core has two threads while an allowed core has none", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const all = [...asyncCpus, ...computeCpus];
    const coreOf = coresByCpu(topology);
    const usedCores = new Set(all.map(coreOf));
    const allowedCores = new Set(allowed.map(coreOf));
    assert.equal(usedCores.size, Math.min(all.length, allowedCores.size));
  });
});

test("A compute worker shares a core with an event loop only if all others are in use", () => {
  forEverySituation((topology, allowed, counts) => {
    const { asyncCpus, computeCpus } = planPlacement(topology, allowed, counts);
    const coreOf = coresByCpu(topology);
    const loopCores = new Set(asyncCpus.map(coreOf));
    if (!computeCpus.some((cpu) => loopCores.has(coreOf(cpu)))) return;
    const elsewhere = allowed.filter((cpu) => !loopCores.has(coreOf(cpu)));
    assert.ok(elsewhere.every((cpu) => computeCpus.includes(cpu)));
  });
});

test("No efficiency core is used while an allowed performance core is free", () => {
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

test("Threads that fit into the cores of one node stay in one node", () => {
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
    // Efficiency cores of a node come after the performance cores of all nodes.
    if (topology.some(({ isEfficiency }) => isEfficiency)) return;
    const used = [...asyncCpus, ...computeCpus];
    assert.equal(new Set(used.map((cpu) => records.get(cpu)!.node)).size, 1);
  });
});

test("At most one L3 group is partially used", () => {
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

test("A first node that is too small does not split the threads", () => {
  const twoNodes = machine(2, 4, 1);
  assert.deepEqual(plan(twoNodes, [0, 4, 5, 6, 7], 1, 3), {
    asyncCpus: [4],
    computeCpus: [5, 6, 7],
  });
});

test("Efficiency cores come after performance cores and before siblings", () => {
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

/** Plans one runtime after another; each finds the threads of those before it. */
function planInTurn(topology: readonly CpuRecord[], count: number) {
  const counts = { asyncThreads: 1, computeThreads: 1 };
  const others: OtherThread[] = [];
  return Array.from({ length: count }, () => {
    const { asyncCpus: [async], computeCpus: [compute] } = planPlacement(
      topology,
      cpusOf(topology),
      counts,
      { others },
    );
    others.push({ cpu: async, role: "async" }, {
      cpu: compute,
      role: "compute",
    });
    return [async, compute];
  });
}

test("Runtimes use CPUs without threads of others, and cores without before siblings", () => {
  // The sibling of CPU n is CPU n + 4.
  assert.deepEqual(planInTurn(machine(1, 4, 2), 4), [
    [0, 1],
    [2, 3],
    [4, 5],
    [6, 7],
  ]);
  // A runtime goes to the node that has a free core for each of its threads.
  assert.deepEqual(planInTurn(machine(2, 3, 1), 2), [[0, 1], [3, 4]]);
});

test("Runtimes that must share CPUs are spread evenly, and roles are mixed", () => {
  fc.assert(fc.property(
    fc.integer({ min: 2, max: 12 }),
    fc.integer({ min: 1, max: 30 }),
    (cpuCount, runtimes) => {
      const plans = planInTurn(machine(1, cpuCount, 1), runtimes);
      const loads = (cpus: readonly number[]) =>
        Array.from(
          { length: cpuCount },
          (_, cpu) => cpus.filter((other) => other === cpu).length,
        );
      const spread = (cpus: readonly number[]) =>
        Math.max(...loads(cpus)) - Math.min(...loads(cpus));
      assert.ok(spread(plans.flat()) <= 1, JSON.stringify(plans));
      const computeCpus = plans.map(([, compute]) => compute);
      assert.ok(
        runtimes < cpuCount || spread(computeCpus) <= 1,
        JSON.stringify(plans),
      );
    },
  ));
  assert.deepEqual(planInTurn(machine(1, 2, 1), 3), [[0, 1], [1, 0], [0, 1]]);
});

test("The main thread stays on the CPU that another runtime pins it to", () => {
  const topology = machine(1, 4, 1);
  const counts = { asyncThreads: 2, computeThreads: 1 };
  const stay = (mainCpu: number, allowed = cpusOf(topology)) =>
    planPlacement(topology, allowed, counts, { mainCpu }).asyncCpus;
  assert.deepEqual(stay(2), [2, 0]);
  assert.deepEqual(stay(2, [0, 1, 3]), [0, 1], "unless it may not use it");
});

test("A machine with 4,096 CPUs is planned like a small one", () => {
  const large = machine(8, 256, 2);
  const { asyncCpus, computeCpus } = plan(large, cpusOf(large), 1, 4095);
  assert.equal(new Set([...asyncCpus, ...computeCpus]).size, 4096);
});

test("The plan does not depend on the order of its inputs", () => {
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

test("resolveThreadCounts() defaults to a compute worker per remaining CPU, at least one", () => {
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
  // Defaults never throw: the event loop shares its CPU.
  assert.deepEqual(counts(1), [1, 1]);
  assert.deepEqual(counts(2, 2), [2, 1]);
  assert.deepEqual(counts(2, undefined, 2), [1, 2]);
});

test("The quota of a cgroup limits the default, not a requested number", () => {
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

test("resolveThreadCounts() rejects a request for more pinned threads than CPUs", () => {
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
