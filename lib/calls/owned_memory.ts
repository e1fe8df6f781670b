/**
 * The memory that one thread owns, put under the care of {@linkcode IdleMemory}.
 *
 * @module
 */

import type { Arena } from "../bridge/arena.ts";
import type { Lanes } from "../bridge/lanes.ts";
import type { TaskGuard } from "../bridge/task_guard.ts";
import type { EndpointHost } from "./endpoint_host.ts";
import { IdleMemory } from "../payloads/idle_memory.ts";
import type { Payloads } from "../payloads/payloads.ts";

/** A thread that owns memory. */
export interface MemoryOwner {
  /** Its index. */
  readonly thread: number;
  /** The lanes of all threads. */
  readonly lanes: Lanes;
  /** Reads and writes payloads. */
  readonly payloads: Payloads;
  /** Lets no one end the thread while it looks after its memory. */
  readonly guard: TaskGuard;
  /** Whether a call of the thread is not settled. */
  readonly busy: boolean;
}

/**
 * Finds the arenas of a thread and its spare array, and looks after them from now on.
 *
 * @param results The arena for the results of calls that the thread runs.
 */
export function lookAfterMemory(
  owner: MemoryOwner,
  results: Arena,
  { pages, collector }: EndpointHost,
): IdleMemory {
  const { thread, lanes, payloads } = owner;
  const owned = lanes.ownedBy(thread).map(({ arena }) => arena);
  const arenas = [results, ...owned];
  for (const arena of arenas) arena.pages = pages;
  payloads.spare.pages = pages;
  const memory = new IdleMemory(
    arenas,
    payloads.spare,
    pages,
    collector,
    () => owner.busy,
    owner.guard,
  );
  payloads.onLarge = (byteLength) => memory.note(byteLength);
  return memory;
}
