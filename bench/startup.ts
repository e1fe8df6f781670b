/**
 * How long does it take until workers run?
 *
 *     deno task bench startup        bun run bench startup
 *
 * From the start of a pool until each of its workers could answer a call. The first start
 * of a process compiles; the others are medians of five starts. The modules have been
 * imported before.
 *
 * @module
 */

import { ask } from "./harness/rounds.ts";
import type { Figures, Question } from "./harness/benchmark.ts";
import { median } from "./harness/statistics.ts";
import type { Peer } from "./contenders/pool.ts";
import { peerSubjects } from "./contenders/list.ts";

const STARTS = 5;

async function startMs(peer: Peer, workers: number): Promise<number> {
  const start = performance.now();
  const pool = await peer.start(workers);
  await Promise.all(Array.from({ length: workers }, (_, n) => pool.addOne(n)));
  const ms = performance.now() - start;
  await pool.close();
  return ms;
}

async function measure(peer: Peer): Promise<Figures> {
  const first = await startMs(peer, 1);
  const medianMs = async (workers: number) => {
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) starts.push(await startMs(peer, workers));
    return median(starts);
  };
  return {
    first,
    workers1: await medianMs(1),
    workers2: await medianMs(2),
    workers4: await medianMs(4),
  };
}

/** The question of this file. */
export const question: Question = {
  name: "startup",
  asks: "How long does it take until workers run?",
  figures: {
    first: { label: "one worker, first start of the process", unit: "ms" },
    workers1: { label: "one worker", unit: "ms", at: 1 },
    workers2: { label: "two workers", unit: "ms", at: 2 },
    workers4: { label: "four workers", unit: "ms", at: 4 },
  },
  subjects: peerSubjects(measure),
};

if (import.meta.main) await ask(question);
