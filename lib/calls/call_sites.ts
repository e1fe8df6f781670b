/**
 * Where calls were made from, for the stacks of errors from workers.
 *
 * @module
 */

import { LIBRARY } from "../address.ts";
import type { Diagnostics } from "./diagnostics.ts";

/** One call in this many has its site captured without any other reason. */
const SAMPLE_EVERY = 4096;

/** Most frames of a site that is not captured often: those of the library are among them. */
const DEEP_FRAMES = 24;

/** The line above the frames of the caller in the stack of a failed call. */
export const CALLED_FROM = "--- called from ---";
/** The same line if only the frames of an earlier call of the task are known. */
export const CALLED_LIKE = "--- called like an earlier call from ---";

/** The site of the calls that are being made, if the stack does not show it. */
let givenSite: Error | undefined;

/** Makes calls whose site is that of `site`, and not this one. */
export function callFrom<T>(site: Error, makeCalls: () => T): T {
  const outer = givenSite;
  givenSite = site;
  try {
    return makeCalls();
  } finally {
    givenSite = outer;
  }
}

/**
 * The places from which calls were made. Capturing a stack costs several times as much as a
 * call, so only these calls have their site captured:
 *
 * - calls that wake a worker, because the worker takes longer to wake up;
 * - calls of a task that has failed before, because the site is likely to be needed;
 * - the first call of each task, and a sample of the rest.
 *
 * A failed call without a captured site shows the last one of its task, and says so.
 */
export class CallSites {
  readonly #bySlot: (Error | undefined)[];
  readonly #lastByTask = new Map<number, Error>();
  readonly #failedTasks = new Set<number>();
  #untilSample = SAMPLE_EVERY;
  #newestTask = 0;

  constructor(capacity: number) {
    this.#bySlot = new Array<Error | undefined>(capacity).fill(undefined);
  }

  /**
   * Captures the site of the slot's call, which is being made, if that is worth its cost.
   *
   * @param wakes Whether the call wakes a worker.
   * @param isDeep Whether many frames of the library are above those of the caller.
   * @returns Whether it was.
   */
  note(slot: number, task: number, wakes: boolean, isDeep = false): boolean {
    if (givenSite !== undefined) {
      if (!this.#lastByTask.has(task)) this.#lastByTask.set(task, givenSite);
      this.#bySlot[slot] = givenSite;
      return true;
    }
    if (
      !wakes && task <= this.#newestTask && --this.#untilSample !== 0 &&
      (this.#failedTasks.size === 0 || !this.#failedTasks.has(task))
    ) return false;
    this.#untilSample = SAMPLE_EVERY;
    // More frames cost more. A call that wakes a worker, and that has no other reason to have
    // its site captured, is made often.
    const limit = Error.stackTraceLimit;
    if ((isDeep || !wakes || task > this.#newestTask) && limit < DEEP_FRAMES) {
      Error.stackTraceLimit = DEEP_FRAMES;
    }
    // Here and not in a function of its own: engines keep only the last few frames.
    const site = new Error();
    Error.stackTraceLimit = limit;
    if (task > this.#newestTask) this.#newestTask = task;
    this.#lastByTask.set(task, site);
    // Last: if no stack is left for a step before, the call has no site.
    this.#bySlot[slot] = site;
    return true;
  }

  /** Forgets the site of the slot's call, which is settled. */
  release(slot: number): void {
    this.#bySlot[slot] = undefined;
  }

  /** Stack lines of the site of the slot's call; empty when it is unknown. */
  linesOf(slot: number): string {
    const site = this.#bySlot[slot];
    return site === undefined ? "" : callerFrames(site);
  }

  /** Stack lines of the site of the slot's failed call; empty when it is unknown. */
  framesOf(slot: number, task: number): string {
    this.#failedTasks.add(task);
    const own = this.#bySlot[slot];
    if (own !== undefined) {
      return calledFrom(own);
    }
    const last = this.#lastByTask.get(task);
    if (last === undefined) return "";
    return `\n    ${CALLED_LIKE}${callerFrames(last)}`;
  }
}

/** The site of calls that are made elsewhere. */
export function captureSite(): Error {
  const limit = Error.stackTraceLimit;
  if (limit < DEEP_FRAMES) Error.stackTraceLimit = DEEP_FRAMES;
  const site = new Error();
  Error.stackTraceLimit = limit;
  return site;
}

/** Stack lines of the functions that created `site`. */
export function calledFrom(site: Error): string {
  return `\n    ${CALLED_FROM}${callerFrames(site)}`;
}

/** How the paths of this library's frames begin, which are left out of stacks. */
const LIBRARY_PATHS = LIBRARY === undefined
  ? []
  : [LIBRARY.href, LIBRARY.pathname];

/**
 * Appends `frames`, the call's site, to the worker's frames in an error's stack.
 *
 * @param diagnostics Rewrites the stack, and those of the errors in it; undefined on a worker,
 *   whose caller does so.
 */
export function addFrames(
  error: unknown,
  frames: string,
  diagnostics: Diagnostics | undefined,
): void {
  if (!(error instanceof Error)) return;
  const stack = withoutLibrary(error.stack ?? "") + frames;
  setStack(error, diagnostics?.rewriteStack(stack) ?? stack);
  if (diagnostics === undefined) return;
  // The errors in it have no frames of the caller, which name the files.
  for (const inner of errorsIn(error)) {
    if (typeof inner.stack !== "string" || inner.stack === "") continue;
    const whole = diagnostics.rewriteStack(
      withoutLibrary(inner.stack) + frames,
    );
    const end = frames === "" ? whole.length : whole.lastIndexOf("\n    ---");
    setStack(inner, whole.slice(0, end));
  }
}

function setStack(error: Error, stack: string): void {
  Object.defineProperty(error, "stack", {
    value: stack,
    configurable: true,
    writable: true,
  });
}

/** The causes of an error, and the errors that it collects, at any depth. */
function errorsIn(error: Error): Set<Error> {
  const found = new Set([error]);
  for (const { cause, errors } of found as Set<Partial<AggregateError>>) {
    const inner = Array.isArray(errors) ? [cause, ...errors] : [cause];
    for (const one of inner) if (one instanceof Error) found.add(one);
  }
  found.delete(error);
  return found;
}

/** A stack without this library's frames. The message above the frames is unchanged. */
function withoutLibrary(stack: string): string {
  return stack.split("\n").filter((line) => !isLibraryFrame(line)).join("\n")
    .trimEnd();
}

function isLibraryFrame(line: string): boolean {
  return /^\s+at /.test(line) &&
    LIBRARY_PATHS.some((path) => line.includes(path));
}

function callerFrames(site: Error): string {
  return (site.stack ?? "").split("\n")
    .filter((line) => /^\s+at /.test(line) && !isLibraryFrame(line))
    .map((line) => `\n${line}`).join("");
}
