/**
 * The options of calls.
 *
 * @module
 */

import type { AdaptiveHint } from "./adaptive/settings.ts";
import type { Key } from "./calls/key.ts";
import type { Priority } from "./limits/priority.ts";

export type { AdaptiveHint, Key, Priority };

/** Options of the calls of a {@linkcode RuntimeView}. */
export interface CallOptions {
  /**
   * How urgent the calls are: `"normal"` by default. A worker that is free takes urgent calls
   * first, but one call in 16 is the next of another priority, so none starves.
   */
  readonly priority?: Priority;
  /**
   * Cancels the calls when it is aborted. They reject with its reason at once. A call that
   * waits never runs. A task that runs sees it by {@linkcode isCancelled},
   * {@linkcode throwIfCancelled} and {@linkcode currentSignal}; if it does not end within
   * `graceMs`, its worker is ended and replaced. With a signal that is aborted already, no
   * call is made.
   */
  readonly signal?: AbortSignal;
  /**
   * Longest execution in milliseconds, from the start of the task. A call that takes longer
   * is cancelled, and rejects with a {@linkcode TimeoutError}.
   */
  readonly timeoutMs?: number;
  /**
   * Longest time in milliseconds until a worker starts the task. A call that waits longer
   * never runs, and rejects with a {@linkcode TimeoutError}.
   */
  readonly queueTimeoutMs?: number;
  /**
   * How long in milliseconds a task may go on after its call was cancelled, by default the
   * setting `cancelGraceMs`. Then its worker is ended and replaced, and other calls that the
   * worker has begun reject with {@linkcode WorkerLostError}. `Infinity` never ends a worker.
   */
  readonly graceMs?: number;
  /**
   * Calls with the same key go to the same compute worker, so that it can keep what it has
   * loaded for that key. `1` and `"1"` are different keys. The worker takes these calls before
   * those of normal and low priority; other workers take none of them, even if they are free.
   * When the worker is lost, its replacement takes over its keys, with nothing kept.
   *
   * A key is not a guarantee: when a task has so many calls in flight that one of them waits
   * for a slot (`computePoolSize`), its own worker may run that call.
   */
  readonly key?: Key;
  /**
   * What a call does while as many calls wait as `maxQueuedCalls` allows: `"reject"`, the
   * default, rejects with {@linkcode QueueFullError}; `"wait"` waits with them.
   */
  readonly queue?: "reject" | "wait";
  /**
   * Gets what the calls report while they run: see {@linkcode report}. Only the newest value
   * matters, so it may not get all of them. What it throws rejects the call.
   */
  readonly onProgress?: ((value: unknown) => void) | undefined;
  /**
   * How long the functions of adaptive calls probably run, until that is measured: `"quick"`
   * (some 30 µs), `"slow"` (a millisecond or more), or a number of microseconds. Other calls
   * ignore it.
   */
  readonly hint?: AdaptiveHint;
}

/** The values of the options that have a few only. */
const CHOICES = {
  priority: ["high", "normal", "low"],
  queue: ["reject", "wait"],
} as const;

/** What they are if they are left out. */
const DEFAULTS = { priority: "normal", queue: "reject" } as const;

/** @throws {TypeError} If an option has none of its values. */
export function checkChoices(options: CallOptions): void {
  checkHint(options.hint);
  for (const name of ["priority", "queue"] as const) {
    const value: unknown = options[name];
    const choices: readonly unknown[] = CHOICES[name];
    if (value === undefined || choices.includes(value)) continue;
    const got = typeof value === "string" ? `"${value}"` : typeof value;
    throw new TypeError(
      `Cannot set ${name}: it must be one of "${
        choices.join('", "')
      }", got ${got}; leave it out for "${DEFAULTS[name]}"`,
    );
  }
}

function checkHint(hint: unknown): void {
  if (hint === undefined || hint === "quick" || hint === "slow") return;
  if (typeof hint === "number" && hint > 0 && hint < Infinity) return;
  throw new TypeError(
    `Cannot set hint: it must be "quick", "slow" or a positive number of microseconds, got ${
      typeof hint === "object"
        ? "an object"
        : JSON.stringify(hint) ?? typeof hint
    }`,
  );
}
