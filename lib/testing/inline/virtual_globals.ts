/**
 * The global names that tell the time or wait for it, with a virtual clock.
 *
 * @module
 */

import { AsyncLocalStorage } from "node:async_hooks";
import type { Timers } from "./timers.ts";

/** Global names, each with what stands for it. */
export type GlobalNames = Readonly<Record<string, unknown>>;

/** Runs the callback of a timer, and handles what it throws. */
export type RunCallback = (callback: () => void) => void;

type Callback = (...args: unknown[]) => void;

/** What `setTimeout()` returns. Both runtimes' own have some of these members. */
class VirtualTimer {
  /** Cancels it. */
  cancel: () => void = () => {};

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.cancel();
  }
}

/**
 * Makes the names; none if the time of the clock is that of the machine.
 *
 * @param epochMs The date at which the time of the clock is 0, in milliseconds.
 * @param run Runs the callbacks of timers.
 */
export function virtualGlobals(
  timers: Timers,
  epochMs: number,
  run: RunCallback = (callback) => callback(),
): GlobalNames {
  if (!timers.isVirtual) return {};
  const clear = (timer: unknown) => {
    if (timer instanceof VirtualTimer) timer.cancel();
  };
  return {
    setTimeout: (callback: Callback, delayMs?: number, ...args: unknown[]) =>
      start(timers, run, false, callback, delayMs, args),
    setInterval: (callback: Callback, delayMs?: number, ...args: unknown[]) =>
      start(timers, run, true, callback, delayMs, args),
    clearTimeout: clear,
    clearInterval: clear,
    Date: virtualDate(() => epochMs + timers.now()),
    performance: withMembers(performance, {
      now: () => timers.now(),
      timeOrigin: epochMs,
    }),
    AbortSignal: withMembers(AbortSignal, {
      timeout: (delayMs: number) => timeoutSignal(timers, delayMs),
    }),
  };
}

function start(
  timers: Timers,
  run: RunCallback,
  repeats: boolean,
  callback: Callback,
  delayMs: number = 0,
  args: unknown[],
): VirtualTimer {
  const timer = new VirtualTimer();
  // As the real ones do, a callback sees what the code that started the timer sees.
  const inContext = AsyncLocalStorage.snapshot();
  // At least a millisecond, so that no interval stops the time.
  const delay = Math.max(1, Math.trunc(delayMs) || 0);
  const arm = () => {
    timer.cancel = timers.startTimer(() => {
      if (repeats) arm();
      inContext(() => run(() => callback(...args)));
    }, delay);
  };
  arm();
  return timer;
}

function virtualDate(now: () => number): DateConstructor {
  return new Proxy(Date, {
    construct: (target, args, newTarget) =>
      Reflect.construct(
        target,
        args.length === 0 ? [now()] : args,
        newTarget,
      ),
    apply: (target) => new target(now()).toString(),
    get: (target, key, receiver) =>
      key === "now" ? now : Reflect.get(target, key, receiver),
  });
}

/** An object as it is, but with other members. Its methods still get it as `this`. */
export function withMembers<T extends object>(
  object: T,
  members: Readonly<Record<string, unknown>>,
): T {
  return new Proxy(object, {
    get(target, key) {
      if (typeof key === "string" && Object.hasOwn(members, key)) {
        return members[key];
      }
      const value = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

function timeoutSignal(timers: Timers, delayMs: number): AbortSignal {
  const controller = new AbortController();
  timers.startTimer(
    () =>
      controller.abort(
        new DOMException("The operation timed out.", "TimeoutError"),
      ),
    delayMs,
  );
  return controller.signal;
}
