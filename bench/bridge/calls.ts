/**
 * One measurement of the bridge in a fresh process: the same loops, counts and clock as the
 * floor's, so that the two can be compared, but each after a warm-up of its own, because
 * loom has more code to compile than the floor. Prints one line of JSON.
 *
 * @module
 */

import { LoomBuilder } from "../../mod.ts";

/** What one process measures, in microseconds. */
export interface BridgeFigures {
  /** One call after another: the median. */
  readonly p50: number;
  /** One call after another: 99 of 100 are faster. */
  readonly p99: number;
  /** Per call, of 10, 100 and 1,000 calls at once. */
  readonly b10: number;
  readonly b100: number;
  readonly b1000: number;
  /** Twenty calls of 50 ms one after another, in milliseconds. */
  readonly longMs: number;
}

const SEQUENTIAL_CALLS = 30_000;
const BATCHED_CALLS = 200_000;
/** Before each figure: what is to be measured is the steady state, not the compilers. */
const WARM_UP_CALLS = 200_000;

/** Measures one runtime with one compute worker. */
export async function measure(): Promise<BridgeFigures> {
  await using runtime = await new LoomBuilder().computeThreads(1).build();
  const addOne = (n: number) => n + 1;
  const call = (n: number) => runtime.spawnCompute(addOne, n);
  for (let i = 0; i < WARM_UP_CALLS; i++) {
    if (await call(i) !== i + 1) {
      throw new Error("the bridge returned a wrong result");
    }
  }
  const latencies = new Float64Array(SEQUENTIAL_CALLS);
  for (let i = 0; i < SEQUENTIAL_CALLS; i++) {
    const start = performance.now();
    await call(i);
    latencies[i] = performance.now() - start;
  }
  latencies.sort();
  const inBatches = async (batch: number, calls: number) => {
    const start = performance.now();
    for (let round = 0; round < calls / batch; round++) {
      await Promise.all(Array.from({ length: batch }, (_, i) => call(i)));
    }
    return (performance.now() - start) / calls * 1000;
  };
  const perCall = async (batch: number) => {
    await inBatches(batch, WARM_UP_CALLS);
    return await inBatches(batch, BATCHED_CALLS);
  };
  const [b10, b100, b1000] = [
    await perCall(10),
    await perCall(100),
    await perCall(1000),
  ];
  const start = performance.now();
  for (let i = 0; i < 20; i++) {
    await runtime.spawnCompute((ms: number) => {
      const end = performance.now() + ms;
      while (performance.now() < end);
    }, 50);
  }
  return {
    p50: latencies[SEQUENTIAL_CALLS * 0.5] * 1000,
    p99: latencies[SEQUENTIAL_CALLS * 0.99] * 1000,
    b10,
    b100,
    b1000,
    longMs: performance.now() - start,
  };
}

if (import.meta.main) console.log(JSON.stringify(await measure()));
