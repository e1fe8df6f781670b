/**
 * Putting together what the threads of a loop have left.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { Payloads } from "../payloads/payloads.ts";
import type { SharedMemoryReader } from "../codec/shared_memory.ts";
import type { Job } from "./job.ts";
import type { LeafResults } from "./leaf.ts";

/** The result of each leaf of a loop; undefined where there was none. */
export type LeafValues = unknown[];

/** What the caller's own part of a loop threw. */
export interface LeafFailure {
  readonly leaf: number;
  readonly error: unknown;
}

/** In place of a leaf: helpers could not be requested. */
export const NO_LEAF = -1;

/** What is not an error, not even undefined. */
export const NOTHING: unknown = Symbol("nothing");

/** In place of the result of a leaf that this thread did not run. */
const NOT_RUN: unknown = Symbol("not run");

/** The results of the leaves that the caller runs itself. */
export class OwnResults implements LeafResults {
  readonly values: LeafValues;
  failure: LeafFailure | undefined;
  /** Whether this thread has run no leaf. */
  isEmpty = true;
  /** The error to report for a leaf that has no result, if it is known. */
  missing: unknown = NOTHING;

  constructor(leaves: number) {
    this.values = new Array<unknown>(leaves).fill(NOT_RUN);
  }

  set(leaf: number, value: unknown): void {
    this.isEmpty = false;
    this.values[leaf] = value;
  }

  fail(leaf: number, error: unknown): void {
    this.failure = { leaf, error };
  }
}

/**
 * Adds the results of helpers to the caller's own.
 *
 * @param copyThrown Copies what this thread threw, as if it came from a worker.
 * @param memory Finds the SharedArrayBuffers of helpers.
 * @returns The error of the lowest leaf that failed, or NOTHING.
 */
export function readResults(
  job: Job,
  own: OwnResults,
  endpoint: Endpoint,
  copyThrown: (thrown: unknown) => unknown,
  memory: SharedMemoryReader = endpoint.sharedBuffers,
): unknown {
  const { values, failure } = own;
  const stop = job.stoppedAt;
  for (let leaf = 0; leaf < values.length; leaf++) {
    if (leaf > stop) {
      // A leaf before this one has ended the loop.
      values[leaf] = undefined;
    } else if (leaf === failure?.leaf) {
      return copyThrown(failure.error);
    } else if (values[leaf] === NOT_RUN) {
      const error = readResult(job, leaf, own, endpoint.payloads, memory);
      if (error !== NOTHING) return error;
    }
  }
  return NOTHING;
}

/** Reads what a helper left for a leaf; returns its error, or NOTHING. */
function readResult(
  job: Job,
  leaf: number,
  { values, missing }: OwnResults,
  payloads: Payloads,
  memory: SharedMemoryReader,
): unknown {
  const result = job.result(leaf);
  switch (result.kind) {
    case "empty":
      values[leaf] = undefined;
      return NOTHING;
    case "number":
      values[leaf] = result.value;
      return NOTHING;
    case "bytes":
    case "buffer": {
      const bytes = result.kind === "bytes" ? result.bytes : new Uint8Array(
        memory.resolve(result.reference.sender, result.reference.number),
        0,
        result.byteLength,
      );
      const value = payloads.fromBytes(bytes, memory);
      if (result.isFailure) return value;
      values[leaf] = value;
      return NOTHING;
    }
    case "unsent":
      return new Error(
        "Cannot send what a stage threw: its worker has no memory or stack left",
      );
    case "none":
      if (missing !== NOTHING) return missing;
      return new Error(
        "Cannot finish parallel loop: a worker left a part of it without a result",
      );
  }
}
