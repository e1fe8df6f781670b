/**
 * Plans a runtime and starts its threads.
 *
 * @module
 */

import type { Reservation } from "./affinity/reservation.ts";
import type { ResolvedConfig } from "./config/merge.ts";
import { startDiagnostics } from "./hints/main_thread.ts";
import { threadNames } from "./placement/names.ts";
import { requireBundledWorker } from "./pool/bundled_worker.ts";
import type { WorkerHooks } from "./pool/hooks.ts";
import type { Pool } from "./pool/pool.ts";
import { startWorker } from "./pool/worker_thread.ts";
import type { RuntimeFacts } from "./runtime_facts.ts";
import { prepareParser } from "./tasks/parser.ts";
import { threadState } from "./thread_state.ts";

/** What the runtimes of this thread have warned of when they started, to say it once. */
const shown = threadState("warnings", () => new Set<string>());

/** The threads of a runtime, and what they know about it. */
export interface StartedThreads {
  readonly pool: Pool;
  readonly facts: RuntimeFacts;
}

/**
 * Plans a runtime and starts its threads.
 *
 * There is always a compute worker. It is started first, because that takes longest: it
 * loads its modules while this thread loads the rest of its own, reads the machine and plans.
 *
 * @param warn Shows a text to the user.
 * @param hooks What runs on each compute worker when it starts and ends.
 * @throws What {@linkcode requireBundledWorker}, {@linkcode planRuntime} and
 *   {@linkcode Pool.start} throw.
 */
export async function startThreads(
  resolved: ResolvedConfig,
  warn: (message: string) => void,
  hooks: WorkerHooks,
): Promise<StartedThreads> {
  const warnOnce = (note: string) => {
    if (!shown.has(note)) warn(`loom: ${note}`);
    shown.add(note);
  };
  const { prefix, workerHeapMb } = resolved.config;
  const { name } = threadNames(prefix, "compute", 0);
  requireBundledWorker();
  const firstWorker = startWorker(name, workerHeapMb);
  let reservation: Reservation | undefined;
  try {
    const [{ reservePlan }, { Pool }] = await Promise.all([
      import("./planning.ts"),
      import("./pool/pool.ts"),
    ]);
    const reserved = await reservePlan(resolved);
    reservation = reserved.reservation;
    const { facts, spin, warnings } = reserved.plan;
    for (const note of [...resolved.notes, ...warnings]) warnOnce(note);
    // Their functions are read before the workers are ready.
    if (hooks.setup ?? hooks.teardown) await prepareParser();
    const starting = Pool.start(facts, spin, warn, {
      reservation,
      firstWorker,
      hooks,
    });
    // The workers are not ready yet.
    const [pool] = await Promise.all([starting, prepareParser(true)]);
    startDiagnostics(pool, facts.config.hints, warn);
    if (pool.pinningFailure !== undefined) {
      warnOnce(`threads are not pinned as planned: ${pool.pinningFailure}`);
    }
    return { pool, facts };
  } catch (error) {
    reservation?.release();
    await firstWorker.end(0);
    throw error;
  }
}
