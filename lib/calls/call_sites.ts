/**
 * Where calls were made from, for the stacks of errors from workers.
 *
 * @module
 */

import { LIBRARY } from "../address.ts";

/** One call in this many has its site captured without any other reason. */
const SAMPLE_EVERY = 4096;

/** The line above the frames of the caller in the stack of a failed call. */
export const CALLED_FROM = "--- called from ---";
/** The same line if only the frames of an earlier call of the task are known. */
export const CALLED_LIKE = "--- called like an earlier call from ---";

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
   * @returns Whether it was.
   */
  note(slot: number, task: number, wakes: boolean): boolean {
    if (
      !wakes && task <= this.#newestTask && --this.#untilSample !== 0 &&
      (this.#failedTasks.size === 0 || !this.#failedTasks.has(task))
    ) return false;
    this.#untilSample = SAMPLE_EVERY;
    if (task > this.#newestTask) this.#newestTask = task;
    // Here and not in a function of its own: engines keep only the last few frames.
    const site = new Error();
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

/** Stack lines of the functions that created `site`. */
export function calledFrom(site: Error): string {
  return `\n    ${CALLED_FROM}${callerFrames(site)}`;
}

/** How the paths of this library's frames begin, which are left out of stacks. */
const LIBRARY_PATHS = LIBRARY === undefined
  ? []
  : [LIBRARY.href, LIBRARY.pathname];

/** Appends `frames`, the call's site, to the worker's frames in an error's stack. */
export function addFrames(error: unknown, frames: string): void {
  if (!(error instanceof Error)) return;
  const stack = withoutLibrary(error.stack ?? "") + frames;
  Object.defineProperty(error, "stack", {
    value: stack,
    configurable: true,
    writable: true,
  });
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
