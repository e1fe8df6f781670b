/**
 * Measures the growth of resident memory, and prints it as JSON.
 *
 *     scale_memory.ts POOL workersN|functions|calls
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as delay } from "node:timers/promises";
import { POOLS } from "../contenders/list.ts";
import { OWN_ARGS } from "../harness/command_line.ts";

/** What is allocated while a pool starts is given back meanwhile. */
const WAIT_MS = 1000;
const FUNCTIONS = 1000;
const CALLS = 1_000_000;

const [name, what] = OWN_ARGS;
console.log(JSON.stringify({ [what]: await measure() }));
process.exit(0);

function measure(): Promise<number> {
  if (what === "functions") return bytesOfFunctions();
  if (what === "calls") return bytesOfCalls();
  return bytesOfWorkers(Number(what.slice("workers".length)));
}

async function bytesOfWorkers(workers: number): Promise<number> {
  const before = residentBytes();
  const { start } = await POOLS[name].load();
  const { addOne } = await start(workers);
  // Several for each worker, as a worker that starts early may take more than one.
  const length = workers * 8;
  await Promise.all(Array.from({ length }, (_, n) => addOne(n)));
  await delay(WAIT_MS);
  return (residentBytes() - before) / workers;
}

async function bytesOfFunctions(): Promise<number> {
  const { LoomBuilder } = await import("../../mod.ts");
  const runtime = await new LoomBuilder().computeThreads(1).build();
  const call = (k: number) =>
    runtime.spawnCompute((0, eval)(`(n) => n + ${k}.5`), k);
  for (let k = 0; k < 100; k++) await call(k);
  await delay(WAIT_MS);
  const before = residentBytes();
  for (let k = 100; k < 100 + FUNCTIONS; k++) await call(k);
  await delay(WAIT_MS);
  return (residentBytes() - before) / FUNCTIONS;
}

async function bytesOfCalls(): Promise<number> {
  const { LoomBuilder } = await import("../../mod.ts");
  const runtime = await new LoomBuilder().computeThreads(1).build();
  const call = () => runtime.spawnCompute((n: number) => n + 1, 1);
  for (let i = 0; i < 10_000; i++) await call();
  const before = residentBytes();
  const calls = Array.from({ length: CALLS }, call);
  const bytes = (residentBytes() - before) / CALLS;
  await Promise.all(calls);
  return bytes;
}

function residentBytes(): number {
  const status = readFileSync("/proc/self/status", "utf8");
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)![1]) * 1024;
}
