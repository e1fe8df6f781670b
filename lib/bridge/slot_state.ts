/**
 * The values of META, the word that says what state a call is in.
 *
 * @module
 */

// SUBMITTED  task number (from 1), then KIND_BITS of kind: positive
// RUNNING    complement of the worker's serial number: negative
// DONE       thread index of the worker (from 1), FAILED, then kind: positive
//
// SUBMITTED is in the entry of the ring, the other two are in the slot. While a call is
// SUBMITTED, its slot still holds the META of the previous call.

/** Number of bits of the kind and its flags; payloads/payload_kinds.ts defines them. */
export const KIND_BITS = 6;
/** Mask of the kind. */
export const KIND_MASK = (1 << KIND_BITS) - 1;

const FAILED = 1 << 7;
const THREAD_SHIFT = 8;

/** META of a submitted call of `task` with arguments of `kind`. */
export function submitted(task: number, kind: number): number {
  return (task << KIND_BITS) | kind;
}

/** Task of a submitted call. */
export function submittedTask(meta: number): number {
  return meta >> KIND_BITS;
}

/** META of a call that the worker with this serial number runs. */
export function running(serial: number): number {
  return ~serial;
}

/** Whether a worker has taken the call and not completed it. */
export function isRunning(meta: number): boolean {
  return meta < 0;
}

/** Serial number of the worker that runs the call. */
export function runningSerial(meta: number): number {
  return ~meta;
}

/** META of a call that returned a value, or threw an error, of `kind` on `thread`. */
export function done(thread: number, kind: number, failed: boolean): number {
  const meta = (thread << THREAD_SHIFT) | kind;
  return failed ? meta | FAILED : meta;
}

/** Whether the call returned a value of `kind`. */
export function hasReturned(meta: number, kind: number): boolean {
  return (meta & (FAILED | KIND_MASK)) === kind;
}

/** Whether the call threw. */
export function isFailure(meta: number): boolean {
  return (meta & FAILED) !== 0;
}

/** Thread index of the worker that completed the call. */
export function doneBy(meta: number): number {
  return meta >>> THREAD_SHIFT;
}
