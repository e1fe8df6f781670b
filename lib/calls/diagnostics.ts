/**
 * What helps to find mistakes in a program: better stacks, and hints.
 *
 * @module
 */

/** From so many bytes on, arguments are reported. */
const MIN_BYTES = 1 << 20;

/** A function that kept an event loop busy. */
export interface LongRun {
  /** Number of its task. */
  readonly task: number;
  /** For how long. */
  readonly ms: number;
  /** How many of its runs were long. */
  readonly count: number;
}

/** What the main thread does to help. */
export interface Diagnostics {
  /** Rewrites a stack whose frames name sent functions. */
  rewriteStack(stack: string): string;
  /** Whether it watches the next function of the user on this thread: reading the clock costs. */
  watchesNext(): boolean;
  /** Runs a function of the user on this thread, whose event loop waits for it. */
  runHere<T>(fn: object, run: () => T): T;
  /** An event-loop worker has run a function for long. */
  ranLong(run: LongRun): void;
  /** Values of a call took many bytes. */
  sentLarge(task: number, values: readonly unknown[], bytes: number): void;
  /** The thread waits for calls. Called when it has waited for none before. */
  waits(): void;
}

/**
 * Reports the values of a call if they took many bytes.
 *
 * @param values A list of them, or a single one that is no list.
 */
export function noteSent(
  { diagnostics }: { readonly diagnostics: Diagnostics | undefined },
  task: number,
  values: readonly unknown[] | Uint8Array,
  bytes: number,
): void {
  if (bytes < MIN_BYTES || diagnostics === undefined) return;
  const list = values instanceof Uint8Array ? [values] : values;
  diagnostics.sentLarge(task, list, bytes);
}
