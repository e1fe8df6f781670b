/**
 * A worker's part in the loops of other threads.
 *
 * @module
 */

import { COUNT_JOINS } from "../bridge/metrics.ts";
import type { Endpoint } from "../calls/endpoint.ts";
import { SentParts } from "../payloads/message_buffers.ts";
import { runAs } from "../limits/running_call.ts";
import { sendThrown } from "../calls/send_thrown.ts";
import type { EncodedMessage } from "../codec/encoder.ts";
import { Job, MAX_LEAVES } from "./job.ts";
import { type LeafResults, runClaimed } from "./leaf.ts";
import { LoopPart } from "./loop_part.ts";
import type { CompiledLoop, RunLeaf } from "./loop.ts";
import type { LoopCompiler } from "./loop_compiler.ts";
import { ResultBuffers } from "./result_buffers.ts";
import type { HelpRequest } from "./serve_job.ts";

/** Runs leaves of other threads' jobs. */
export class Helper {
  readonly #endpoint: Endpoint;
  readonly #compiler: LoopCompiler;
  readonly #workerCount: number;
  /** Jobs that this worker is in the middle of. */
  readonly #serving = new Set<Job>();
  /** This worker is about to end. */
  #isEnding = false;
  readonly #buffers = new ResultBuffers();

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
    const { guard } = this.#endpoint;
    if (guard.isInTasks) return guard.inLibrary(() => this.serve(request));
    const { memory, spec } = request;
    const job = new Job(memory, this.#endpoint.control.threadCount);
    this.#buffers.release();
    // Compiling the loop for nothing would cost more than all the rest.
    if (!job.hasUnclaimed) return job.leave(this.#endpoint.thread);
    let loop: CompiledLoop | Promise<CompiledLoop>;
    try {
      loop = this.#compiler.compile(spec);
    } catch (error) {
      return this.#failToHelp(job, request, error);
    }
    if (!(loop instanceof Promise)) return this.#help(job, request, loop.run);
    return loop.then(
      ({ run }) => this.#help(job, request, run),
      (error) => this.#failToHelp(job, request, error),
    );
  }

  /** Marks this worker, which is about to end, as lost to the jobs that it serves. */
  markLost(): void {
    this.#isEnding = true;
    for (const job of this.#serving) job.markLost(this.#endpoint.thread);
  }

  #help(job: Job, request: HelpRequest, run: RunLeaf): void {
    const results: LeafResults = {
      set: (leaf, value) => this.#write(job, request, leaf, value),
      fail: (leaf, error) => this.#fail(job, request, leaf, error),
    };
    const endpoint = this.#endpoint;
    this.#runIn(job, () => {
      const part = new LoopPart(job);
      runAs(part, () => {
        let first: number;
        while ((first = job.claim(this.#workerCount, MAX_LEAVES)) >= 0) {
          runClaimed(job, request.spec, run, first, results, endpoint);
          // The caller may learn later that it has cancelled this call.
          if (part.isCancelled) job.cancel();
        }
      });
    });
  }

  /** A function cannot be loaded here: the next leaf to claim fails with that error. */
  #failToHelp(job: Job, request: HelpRequest, error: unknown): void {
    this.#runIn(job, () => {
      const leaf = job.claim(0, 1);
      if (leaf < 0) return;
      this.#fail(job, request, leaf, error);
      job.stop(leaf);
    });
  }

  /** Enters the job, runs `body`, and leaves the job whatever happens. */
  #runIn(job: Job, body: () => void): void {
    const { thread, serial, guard, metrics } = this.#endpoint;
    if (guard.isInTasks) {
      return guard.inLibrary(() => this.#runIn(job, body));
    }
    job.enter(thread, serial);
    metrics.counts[COUNT_JOINS]++;
    try {
      this.#serving.add(job);
      body();
    } finally {
      this.#serving.delete(job);
      // A leaf that ended this worker has no result: the caller must not read it.
      if (!this.#isEnding) job.leave(thread);
    }
  }

  #write(job: Job, request: HelpRequest, leaf: number, value: unknown): void {
    if (value === undefined) return job.setEmpty(leaf);
    if (typeof value === "number") return job.setNumber(leaf, value);
    const sent = this.#sentTo(request);
    const message = this.#endpoint.payloads.encode(value, "result", sent);
    this.#put(job, leaf, message, sent, false);
  }

  #fail(job: Job, request: HelpRequest, leaf: number, thrown: unknown): void {
    try {
      const sent = this.#sentTo(request);
      const { payloads } = this.#endpoint;
      const message = sendThrown(thrown, (error) => {
        const explained = this.#compiler.explain(request.spec, error);
        return payloads.encode(explained, "error", sent);
      });
      this.#put(job, leaf, message, sent, true);
    } catch {
      // No memory or no stack is left.
      job.setUnsent(leaf);
    }
  }

  /** Writes a message into the job's store, or into a buffer of its own if that is full. */
  #put(
    job: Job,
    leaf: number,
    message: EncodedMessage,
    sent: SentParts,
    isFailure: boolean,
  ): void {
    const { byteLength } = message;
    let own: SharedArrayBuffer | undefined;
    if (!job.tryWrite(leaf, message, isFailure)) {
      own = this.#buffers.take(byteLength);
      message.copyInto(new Uint8Array(own, 0, byteLength), 0);
      job.setBuffer(leaf, sent.share(own), byteLength, isFailure);
    }
    if (sent.held !== null) this.#buffers.hold(job, sent.held, own);
  }

  #sentTo({ caller }: HelpRequest): SentParts {
    const { sharedBuffers } = this.#endpoint;
    return new SentParts(sharedBuffers, [caller]).refusingMoves();
  }
}
