/**
 * What the two sides of the floor for values share.
 *
 * @module
 */

import { type Bytes, Codec } from "./values_codec.ts";

// The control words, 16 apart so that each has a cache line of its own.
//   word  name           written by  meaning
//   0     SUBMITTED      caller      calls submitted so far
//   16    FINISHED       worker      calls finished so far
//   32    WORKER_PARKED  worker      1 while it sleeps on SUBMITTED

export const SUBMITTED = 0;
export const FINISHED = 16;
export const WORKER_PARKED = 32;
const CONTROL_BYTES = 256;
const VALUE_BYTES = 2 << 20;
/** The largest value that a call carries; the rest is for tags. */
export const MAX_VALUE_BYTES = 1 << 20;

/** The memory of one call at a time. */
export interface ValuesMemory {
  readonly control: Int32Array<SharedArrayBuffer>;
  readonly argument: Bytes;
  readonly result: Bytes;
}

/** What the worker is sent. */
export interface ValuesSetup {
  readonly memory: ValuesMemory;
  /** Values of every shape that calls will carry. */
  readonly samples: readonly unknown[];
}

/** Memory for one call at a time. */
export function valuesMemory(): ValuesMemory {
  const bytes = () => new Uint8Array(new SharedArrayBuffer(VALUE_BYTES));
  return {
    control: new Int32Array(new SharedArrayBuffer(CONTROL_BYTES)),
    argument: bytes(),
    result: bytes(),
  };
}

/** A codec that has numbered the shapes of the samples, as the other side has. */
export function codecFor({ memory, samples }: ValuesSetup): Codec {
  const codec = new Codec();
  for (const sample of samples) codec.write(memory.argument, 0, sample);
  return codec;
}
