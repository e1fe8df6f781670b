/**
 * Starts the worker of a floor.
 *
 * @module
 */

import { allowedCpus, pinCurrentThread } from "../../lib/affinity/pin.ts";
import type { WorkerSetup } from "./worker_scope.ts";

/** Long enough for the compilers of the JavaScript runtime to start their threads. */
const COMPILED_MS = 20;

/**
 * Starts the worker; resolves once it serves calls. The two threads are pinned to the first
 * two CPUs that the process may use, as loom pins its own: on one CPU, which the kernel may
 * choose, every call would wait for two switches between the threads.
 *
 * @param memory What the worker is given to serve.
 */
export async function startWorker(url: URL, memory: unknown): Promise<void> {
  const [callerCpu, workerCpu] = allowedCpus().cpus;
  const worker = new Worker(url, { type: "module" });
  const setup: WorkerSetup<unknown> = { memory, cpu: workerCpu };
  worker.postMessage(setup);
  await new Promise((resolve) => worker.onmessage = resolve);
  if (workerCpu === undefined) return;
  startCompilers();
  pinCurrentThread(callerCpu, null);
}

/** A compiler that the pinned thread started would have to share its CPU. */
function startCompilers(): void {
  const end = performance.now() + COMPILED_MS;
  const root = (n: number) => Math.sqrt(n);
  for (let n = 0; performance.now() < end; n++) root(n);
}
