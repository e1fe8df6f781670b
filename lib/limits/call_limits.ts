/**
 * What ends calls before their time.
 *
 * @module
 */

import type { CallGroup } from "./call_group.ts";
import type { Deadlines } from "./deadlines.ts";
import { SignalWatch } from "./signal_watch.ts";

/** What ends the calls of a view. Times are in milliseconds, Infinity for no limit. */
export interface CallLimits {
  /** The signal that cancels the calls. */
  readonly signal: AbortSignal | undefined;
  /** Gets the calls while they are in flight. */
  readonly group: CallGroup | undefined;
  /** Longest execution. */
  readonly timeoutMs: number;
  /** Longest time from the call to the start of its execution. */
  readonly queueTimeoutMs: number;
  /** How long a cancelled call may run until its worker is ended. */
  readonly graceMs: number;
}

/** The options that make a call a controlled one. */
export interface LimitOptions {
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
  readonly queueTimeoutMs?: number;
  readonly graceMs?: number;
}

/**
 * The limits in options.
 *
 * @param graceMs The default of `graceMs`.
 * @param deadlines Those of this thread.
 * @returns Undefined if nothing can end the calls.
 * @throws {TypeError} If the signal is none.
 * @throws {RangeError} If a time is not a number of milliseconds.
 */
export function limitsOf(
  options: LimitOptions,
  graceMs: number,
  deadlines: Deadlines,
): CallLimits | undefined {
  const { signal } = options;
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(
      `Cannot set signal: it must be an AbortSignal, got ${
        signal === null ? "null" : typeof signal
      }; pass the property signal of an AbortController`,
    );
  }
  const limits = {
    signal,
    group: signal === undefined ? undefined : SignalWatch.of(signal, deadlines),
    timeoutMs: timeOf("timeoutMs", options.timeoutMs, Infinity),
    queueTimeoutMs: timeOf("queueTimeoutMs", options.queueTimeoutMs, Infinity),
    graceMs: timeOf("graceMs", options.graceMs, graceMs, true),
  };
  const isUnlimited = signal === undefined && limits.timeoutMs === Infinity &&
    limits.queueTimeoutMs === Infinity;
  return isUnlimited ? undefined : limits;
}

/** Limits of calls that only their group cancels. */
export function unlimited(graceMs: number): CallLimits {
  return {
    signal: undefined,
    group: undefined,
    timeoutMs: Infinity,
    queueTimeoutMs: Infinity,
    graceMs,
  };
}

/** Whether anything but its group can end a call, or its worker. */
export function isLimited(limits: CallLimits): boolean {
  return limits.signal !== undefined || limits.timeoutMs !== Infinity ||
    limits.queueTimeoutMs !== Infinity || limits.graceMs !== Infinity;
}

function timeOf(
  name: "timeoutMs" | "queueTimeoutMs" | "graceMs",
  value: number | undefined,
  defaultValue: number,
  mayBeZero = false,
): number {
  if (value === undefined) return defaultValue;
  if (
    typeof value === "number" && (value > 0 || (mayBeZero && value === 0))
  ) return value;
  throw new RangeError(
    `Cannot set ${name}: it must be a number of milliseconds ${
      mayBeZero ? "from 0 on" : "above 0"
    }, got ${value}; leave it out for ${
      mayBeZero ? "the default" : "no limit"
    }`,
  );
}
