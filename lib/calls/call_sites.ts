/**
 * Where calls were made from, so that an error from a worker shows it.
 *
 * @module
 */

/** One call in so many has its site captured even when nothing else asks for it. */
const SAMPLE_EVERY = 4096;

/**
 * Capturing a stack costs several times as much as a call. It is therefore done where it
 * costs nothing (the call has to wake a worker, which takes longer and goes on meanwhile),
 * where it will be needed (the task has failed before), for the first call of each task and
 * for a sample of the rest. A
 * failed call without a site of its own shows the last known one of its task, and says so.
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

  /** Whether capturing the site of a call costs little or is worth its cost. */
  isWorthIt(task: number, wakes: boolean): boolean {
    return wakes || task > this.#newestTask || --this.#untilSample === 0 ||
      (this.#failedTasks.size !== 0 && this.#failedTasks.has(task));
  }

  /** The slot's call is over. */
  release(slot: number): void {
    this.#bySlot[slot] = undefined;
  }

  /** Stack lines of where the slot's call, which failed, was made; empty when unknown. */
  framesOf(slot: number, task: number): string {
    this.#failedTasks.add(task);
    const own = this.#bySlot[slot];
    if (own !== undefined) {
      return calledFrom(own);
    }
    const last = this.#lastByTask.get(task);
    if (last === undefined) return "";
    return `\n    --- called like an earlier call from ---${
      callerFrames(last)
    }`;
  }

  /** Remembers that the slot's call is being made by the functions on the stack. */
  capture(slot: number, task: number): void {
    this.#untilSample = SAMPLE_EVERY;
    if (task > this.#newestTask) this.#newestTask = task;
    const site = new Error();
    this.#bySlot[slot] = site;
    this.#lastByTask.set(task, site);
  }
}

/** Stack lines that say where `site` was made. */
export function calledFrom(site: Error): string {
  return `\n    --- called from ---${callerFrames(site)}`;
}

/** Folder of this library; its frames say nothing to the reader of a stack. */
const LIBRARY = new URL("../", import.meta.url);
const LIBRARY_PATHS = [LIBRARY.href, LIBRARY.pathname];

/** Shows in an error's stack, below the worker's frames, where the call was made from. */
export function addFrames(error: unknown, frames: string): void {
  if (!(error instanceof Error)) return;
  const stack = withoutLibrary(error.stack ?? "") + frames;
  Object.defineProperty(error, "stack", {
    value: stack,
    configurable: true,
    writable: true,
  });
}

/** A stack without this library's frames; the message above the frames stays as it is. */
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
