/**
 * What the kernel shows of a running program, and whether it stays within bounds.
 *
 * @module
 */

import { readdirSync, readFileSync } from "node:fs";

/** A program at one moment. */
export interface Sample {
  /** Memory in use, in MiB. */
  readonly rssMb: number;
  /** Number of threads. */
  readonly threads: number;
  /** Number of open file descriptors. */
  readonly descriptors: number;
}

/** What all samples show together. */
export interface Verdict {
  /** Memory at the beginning, in MiB. */
  readonly firstMb: number;
  /** Memory at the end, in MiB. */
  readonly lastMb: number;
  /** What is out of bounds; empty when nothing is. */
  readonly problems: readonly string[];
}

const MAX_GROWTH = 0.05;
/** A runtime starts a helper thread, and opens what it needs for it, when it likes. */
const SPARE = 2;

/** The process as it is now; undefined when it has ended. */
export function sampleProcess(pid: number): Sample | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const rssKb = Number(/^VmRSS:\s*(\d+)/m.exec(status)![1]);
    return {
      rssMb: rssKb / 1024,
      threads: Number(/^Threads:\s*(\d+)/m.exec(status)![1]),
      descriptors: readdirSync(`/proc/${pid}/fd`).length,
    };
  } catch {
    return undefined;
  }
}

/**
 * Compares the first and the last quarter of samples that were taken after warm-up: the
 * median of the memory, and the lowest numbers of threads and descriptors, because workers
 * that end and start have both for a moment.
 */
export function judge(samples: readonly Sample[]): Verdict {
  const count = Math.ceil(samples.length / 4);
  const first = samples.slice(0, count);
  const last = samples.slice(-count);
  const firstMb = median(first.map(({ rssMb }) => rssMb));
  const lastMb = median(last.map(({ rssMb }) => rssMb));
  const problems: string[] = [];
  if (lastMb > firstMb * (1 + MAX_GROWTH)) {
    problems.push(
      `memory has grown from ${firstMb.toFixed(0)} to ${lastMb.toFixed(0)} MiB`,
    );
  }
  for (const name of ["threads", "descriptors"] as const) {
    const before = Math.min(...first.map((sample) => sample[name]));
    const after = Math.min(...last.map((sample) => sample[name]));
    if (after > before + SPARE) {
      problems.push(`${name} have grown from ${before} to ${after}`);
    }
  }
  return { firstMb, lastMb, problems };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
