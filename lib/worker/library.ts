/**
 * Loads what tasks use of this library when the first task may use it. That is a third of all
 * that a worker can load, and tasks that only compute use none of it.
 *
 * @module
 */

import { setImmediate } from "node:timers";
import type { HelpRequest } from "../jobs/serve_job.ts";
import type { TaskLibrary } from "../tasks/functions.ts";
import type { OpenLibrary, ServingWorker } from "./task_library.ts";

/** What the tasks of this worker use of this library. */
export class LateLibrary implements TaskLibrary {
  #module: typeof import("./task_library.ts") | undefined;
  #loading: Promise<void> | undefined;
  #worker: ServingWorker | undefined;
  #open: OpenLibrary | undefined;
  #inheritsPriority = false;

  /** See {@linkcode TaskLibrary}. */
  get globals(): TaskLibrary["globals"] {
    return this.#module?.TASK_GLOBALS;
  }

  /** See {@linkcode TaskLibrary}. */
  load(): Promise<void> {
    return this.#loading ??= this.#start();
  }

  /** From now on, tasks that may use this library have a current runtime. */
  serve(worker: ServingWorker): void {
    this.#worker = worker;
    this.#openBoth();
  }

  /** Runs leaves of another thread's parallel loop: see `Helper.serve`. */
  help(request: HelpRequest): void | Promise<void> {
    if (this.#open !== undefined) return this.#open.helper.serve(request);
    return this.load().then(() => this.#open!.helper.serve(request));
  }

  /** This worker is about to end: see `Helper.markLost`. */
  markLost(): void {
    this.#open?.helper.markLost();
  }

  /** See `LoomRuntime.inheritPriority`. */
  inheritPriority(): void {
    this.#inheritsPriority = true;
    this.#open?.runtime.inheritPriority();
  }

  /**
   * See {@linkcode TaskLibrary}. What waits for the import runs in this turn, and the result of
   * a call must be sent before the worker takes calls which that one has made, and which may
   * block.
   */
  imported(): void {
    void this.#worker?.results.holdUp(nextTurn());
  }

  #start(): Promise<void> {
    const importing = this.#import();
    const held = importing.finally(nextTurn);
    void this.#worker?.results.holdUp(held).catch(() => {});
    return importing;
  }

  async #import(): Promise<void> {
    try {
      const module = await import("./task_library.ts");
      await module.prepareParser();
      this.#module = module;
    } catch (error) {
      // The next call tries again, unless the JavaScript runtime keeps the failure.
      this.#loading = undefined;
      throw error;
    }
    this.#openBoth();
  }

  /** Waits for both: setup() may run tasks before this worker serves calls. */
  #openBoth(): void {
    if (this.#module === undefined || this.#worker === undefined) return;
    this.#open = this.#module.openLibrary(this.#worker);
    if (this.#inheritsPriority) this.#open.runtime.inheritPriority();
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
