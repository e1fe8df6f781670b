/**
 * A worker's part in the loops of other threads.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { SentBuffers } from "../calls/message_buffers.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import { toBytes } from "../codec/encoder.ts";
import { Job, MAX_LEAVES } from "./job.ts";
import { type LeafResults, runClaimed } from "./leaf.ts";
import type { RunLeaf } from "./loop.ts";
import type { LoopCompiler } from "./loop_compiler.ts";
import type { HelpRequest } from "./serve_job.ts";

/** Runs leaves of other threads' jobs. */
export class Helper {
  readonly #endpoint: Endpoint;
  readonly #compiler: LoopCompiler;
  readonly #workerCount: number;
  /** Jobs that this worker is in the middle of. */
  readonly #serving: Job[] = [];
  /** Buffers that results of a job refer to: kept until its memory is used again. */
  readonly #held = new WeakMap<SharedArrayBuffer, SharedArrayBuffer[]>();

  /** @param workerCount Number of compute workers. */
  constructor(
    endpoint: Endpoint,
    compiler: LoopCompiler,
    workerCount: number,
  ) {
    this.#endpoint = endpoint;
    this.#compiler = compiler;
    this.#workerCount = workerCount;
  }

  /** Runs leaves of another thread's job until none is left to claim. */
  serve(request: HelpRequest): void | Promise<void> {
    const { memory, spec } = request;
    const job = new Job(memory, this.#endpoint.control.threadCount);
    // Compiling the loop for nothing would cost more than all the rest.
    if (!job.hasUnclaimed) return job.leave(this.#endpoint.thread);
    try {
      const loop = this.#compiler.compile(spec);
      if (!(loop instanceof Promise)) {
        return this.#help(job, request, loop.run);
      }
      return loop.then(
        ({ run }) => this.#help(job, request, run),
        (error) => this.#failToHelp(job, request, error),
      );
    } catch (error) {
      this.#failToHelp(job, request, error);
    }
  }

  /** Marks this worker, which is about to end, as lost to the jobs that it serves. */
  markLost(): void {
    for (const job of this.#serving) job.markLost(this.#endpoint.thread);
  }

  #help(job: Job, request: HelpRequest, run: RunLeaf): void {
    const { thread, serial } = this.#endpoint;
    const results: LeafResults = {
      set: (leaf, value) => this.#write(job, request, leaf, value),
      fail: (leaf, error) => this.#fail(job, request, leaf, error),
    };
    this.#held.delete(job.memory.words.buffer);
    job.enter(thread, serial);
    this.#serving.push(job);
    let first: number;
    while ((first = job.claim(this.#workerCount, MAX_LEAVES)) >= 0) {
      runClaimed(job, request.spec, run, first, results);
    }
    this.#serving.pop();
    job.leave(thread);
  }

  /** A function cannot be loaded here: the next leaf to claim fails with that error. */
  #failToHelp(job: Job, request: HelpRequest, error: unknown): void {
    const { thread, serial } = this.#endpoint;
    job.enter(thread, serial);
    const leaf = job.claim(0, 1);
    if (leaf >= 0) {
      this.#fail(job, request, leaf, error);
      job.stop(leaf);
    }
    job.leave(thread);
  }

  #fail(job: Job, request: HelpRequest, leaf: number, thrown: unknown): void {
    const sent = this.#sentTo(request);
    const { payloads } = this.#endpoint;
    const message = sendThrown(thrown, (error) => {
      const explained = this.#compiler.explain(request.spec, error);
      return payloads.encode(explained, "error", sent);
    });
    job.setBytes(leaf, toBytes(message), true);
    this.#hold(job, sent);
  }

  #write(job: Job, request: HelpRequest, leaf: number, value: unknown): void {
    if (typeof value === "number") return job.setNumber(leaf, value);
    const sent = this.#sentTo(request);
    const message = this.#endpoint.payloads.encode(value, "result", sent);
    job.setBytes(leaf, toBytes(message), false);
    this.#hold(job, sent);
  }

  #sentTo({ caller }: HelpRequest): SentBuffers {
    return new SentBuffers(this.#endpoint.sharedBuffers, [caller]);
  }

  #hold(job: Job, { held }: SentBuffers): void {
    if (held === null) return;
    const { buffer } = job.memory.words;
    this.#held.set(buffer, [...this.#held.get(buffer) ?? [], ...held]);
  }
}
