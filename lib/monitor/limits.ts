/**
 * How long an operation waits.
 *
 * @module
 */

import { TimeoutError } from "../errors.ts";
import type { Line, Operation } from "./line.ts";

/** How long to wait for a shared object. */
export interface WaitOptions {
  /** Rejects the wait with its reason when it is aborted. */
  readonly signal?: AbortSignal;
  /** Longest wait in milliseconds, from 0 on; without a limit by default. */
  readonly timeoutMs?: number;
}

/** How long to block for a shared object. */
export type BlockOptions = Pick<WaitOptions, "timeoutMs">;

/** Longest delay of a timer in milliseconds. */
const MAX_DELAY_MS = 2 ** 31 - 1;

/** An operation whose end has a value. */
export abstract class Outcome<T> implements Operation {
  abstract readonly want: number;
  abstract attempt(isFirst: boolean): boolean;

  withdraw(): boolean {
    return true;
  }

  /** The value, or throws the error. Once, after the end. */
  abstract take(): T;
  #resolve: ((value: T) => void) | undefined;
  #reject: ((error: unknown) => void) | undefined;
  #end = () => {};

  settle(): void {
    this.#end();
    try {
      this.#resolve?.(this.take());
    } catch (error) {
      this.#reject?.(error);
    }
  }

  fail(error: unknown): void {
    this.#end();
    this.#reject?.(error);
  }

  /** Waits without blocking. */
  wait(line: Line, what: string, options: WaitOptions): Promise<T> {
    const { signal, timeoutMs } = options;
    checkTimeout(timeoutMs);
    signal?.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    this.#resolve = resolve;
    this.#reject = reject;
    if (line.owner.begin(line, this)) {
      this.settle();
      return promise;
    }
    const cancel = (reason: unknown) => {
      if (line.owner.cancel(line, this)) this.fail(reason);
    };
    const onAbort = () => cancel(signal!.reason);
    signal?.addEventListener("abort", onAbort);
    const cancelTimer = timeoutMs === undefined || timeoutMs > MAX_DELAY_MS
      ? undefined
      : line.owner.host.startTimer(
        () => cancel(timeoutError(what, timeoutMs)),
        timeoutMs,
      );
    this.#end = () => {
      signal?.removeEventListener("abort", onAbort);
      cancelTimer?.();
    };
    return promise;
  }

  /** Blocks this thread. */
  block(line: Line, what: string, { timeoutMs }: BlockOptions): T {
    checkTimeout(timeoutMs);
    if (line.owner.block(line, this, timeoutMs)) return this.take();
    throw timeoutError(what, timeoutMs!);
  }

  /** Does it now, or not at all. */
  try(line: Line): T | undefined {
    return line.owner.try(line, this) ? this.take() : undefined;
  }
}

function checkTimeout(timeoutMs: number | undefined): void {
  if (timeoutMs === undefined || timeoutMs >= 0) return;
  throw new RangeError(
    `Cannot wait: timeoutMs is ${timeoutMs}; pass a number of milliseconds from 0 on`,
  );
}

function timeoutError(what: string, timeoutMs: number): TimeoutError {
  return new TimeoutError(
    "timeoutMs",
    timeoutMs,
    `Cannot ${what}: it took longer than ${timeoutMs} ms; raise timeoutMs, or find what ` +
      `holds it up`,
  );
}
