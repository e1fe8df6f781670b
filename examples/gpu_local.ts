/**
 * Prepares batches on the CPUs that are local to a GPU:
 *
 *     deno run -A examples/gpu_local.ts [index or UUID]
 *     bun examples/gpu_local.ts [index or UUID]
 *
 * Without a GPU it prints the reason and runs on all allowed CPUs.
 *
 * @module
 */

import { formatCpuset, GpuError, LoomArgs, LoomBuilder } from "../mod.ts";

const loom = LoomArgs.parse();
const [argument = "0"] = loom.rest;
const device = /^\d+$/.test(argument) ? Number(argument) : argument;

await using runtime = await nearGpu(device);
console.log(`${runtime}`);
console.log(`CPUs: ${formatCpuset(runtime.effectiveCpuset)}`);

// Work that feeds the GPU runs here, for example the preparation of its batches.
const batches = await Promise.all(
  [1, 2, 3, 4].map((seed) =>
    runtime.spawnCompute((seed: number) => {
      const batch = new Float32Array(1024);
      for (let i = 0; i < batch.length; i++) batch[i] = Math.sin(seed * i);
      return batch;
    }, seed)
  ),
);
const valueCount = batches.reduce((sum, batch) => sum + batch.length, 0);
console.log(`prepared ${batches.length} batches, ${valueCount} values`);

async function nearGpu(device: number | string) {
  try {
    return await new LoomBuilder().prefix("gpu").cudaDevice(device)
      .withCliArgs(loom).build();
  } catch (error) {
    if (!(error instanceof GpuError)) throw error;
    console.log(`${error.message}\nContinuing without a GPU.`);
    return await new LoomBuilder().prefix("gpu").withCliArgs(loom).build();
  }
}
