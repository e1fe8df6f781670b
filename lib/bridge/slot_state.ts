/**
 * What a slot's META word says.
 *
 * @module
 */

// SUBMITTED  task number, from 1, then KIND_BITS of kind: positive; in the ring's entry
// RUNNING    the complement of the worker's serial number: negative
// DONE       thread index of the worker, from 1, FAILED, then kind: positive
//
// The other two are in the slot. While a call is SUBMITTED, its slot still says what became
// of the call before.

/** Bits of META that the kind takes; what kinds there are, calls/payloads.ts says. */
export const KIND_BITS = 3;
/** Mask of the kind. */
export const KIND_MASK = (1 << KIND_BITS) - 1;

const FAILED = 1 << 7;
const THREAD_SHIFT = 8;

/** META of a call that waits for a worker. */
export function submitted(task: number, kind: number): number {
  return (task << KIND_BITS) | kind;
}

/** Number of the task that a submitted call runs. */
export function submittedTask(meta: number): number {
  return meta >> KIND_BITS;
}

/** META of a call that runs on the worker with this serial number. */
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

/** META of a call that `thread` completed with a value of `kind`. */
export function returned(thread: number, kind: number): number {
  return (thread << THREAD_SHIFT) | kind;
}

/** META of a call that threw an error of `kind` on `thread`. */
export function threw(thread: number, kind: number): number {
  return (thread << THREAD_SHIFT) | FAILED | kind;
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
