/**
 * The threads that a test leaves behind.
 *
 * @module
 */

import process from "node:process";
import { runtimesOfThread } from "../current.ts";
import { listSystemFolder, readSystemFile } from "../placement/system_file.ts";
import type { LoomRuntime } from "../runtime.ts";

/** How long the threads of workers that were ended may still be there. */
const LIMIT_MS = 500;
/** Between two looks at them. */
const PAUSE_MS = 5;

const THREADS = "/proc/self/task";

/** The name in the kernel of a thread that is a Worker, unless its program changes it. */
const WORKER = "bun" in process.versions ? /^Worker$/ : /^worker-\d+$/;

/** Deno has one such thread for each file that it tests at present. */
const DENO_WATCHDOG = "deno-test-watch";

/** What there was when a test began. */
export class ThreadWatch {
  readonly #runtimes = new Set(runtimesOfThread());
  readonly #workers = workerThreads();

  /** The runtimes that were built since then, and have not ended. */
  leftRuntimes(): LoomRuntime[] {
    return runtimesOfThread().filter((runtime) => !this.#runtimes.has(runtime));
  }

  /** Names of the threads of Workers that were started since then, and go on. */
  async leftWorkers(): Promise<string[]> {
    for (let waitedMs = 0;; waitedMs += PAUSE_MS) {
      const left = [...workerThreads()].filter(([id]) =>
        !this.#workers.has(id)
      );
      if (left.length === 0 || waitedMs >= LIMIT_MS) {
        return left.map(([, name]) => name);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

/**
 * The threads of Workers of this process that are not loom's, each with its name; none if they
 * cannot be told from those of loom, or of another file.
 */
function workerThreads(): Map<string, string> {
  if (runtimesOfThread().some(hasNamelessWorkers)) return new Map();
  const threads = listSystemFolder(THREADS).map((id) =>
    [id, readSystemFile(`${THREADS}/${id}/comm`)?.trim() ?? ""] as const
  );
  const watchdogs = threads.filter(([, name]) => name === DENO_WATCHDOG);
  // With --parallel, Deno tests several files in one process.
  if (watchdogs.length > 1) return new Map();
  return new Map(threads.filter(([, name]) => WORKER.test(name)));
}

/** Whether its workers could not name their threads, as where Deno permits no native code. */
function hasNamelessWorkers({ endpoint }: LoomRuntime): boolean {
  if (endpoint.host.isInline) return false;
  const { control } = endpoint;
  return control.parkers.some((_, thread) =>
    thread !== 0 && control.threadId(thread) === 0
  );
}
