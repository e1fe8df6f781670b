/**
 * The memory of jobs, kept for later loops.
 *
 * @module
 */

import { Job, MAX_LEAVES } from "./job.ts";

/** The most jobs that a thread keeps for later loops, those with late helpers among them. */
const MAX_FREE_JOBS = 64;

/** Of these, the most with a large store. */
const MAX_LARGE_JOBS = 2;

/** The jobs of one thread that no loop uses. */
export class JobPool {
  readonly #threadCount: number;
  readonly #jobs: Job[] = [];

  /** @param threadCount Number of all threads of the runtime. */
  constructor(threadCount: number) {
    this.#threadCount = threadCount;
  }

  /**
   * A job for a loop.
   *
   * @param length Number of items.
   * @param first The first leaf that the caller has not run.
   */
  acquire(length: number, first = 0): Job {
    const leaves = Math.min(length, MAX_LEAVES);
    const index = this.#jobs.findIndex((job) => job.isReusable);
    const job = index < 0
      ? Job.create(this.#threadCount)
      : this.#jobs.splice(index, 1)[0];
    job.reset(leaves, first);
    return job;
  }

  /** Ends a loop. Another one may use its memory when all helpers have left. */
  release(job: Job): void {
    job.endLoop();
    if (job.isLarge) {
      const large = this.#jobs.filter(({ isLarge }) => isLarge);
      if (large.length >= MAX_LARGE_JOBS) return;
    }
    this.#jobs.push(job);
    if (this.#jobs.length > MAX_FREE_JOBS) this.#jobs.shift();
  }
}
