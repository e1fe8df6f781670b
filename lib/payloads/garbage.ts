/**
 * Has the garbage of a thread collected.
 *
 * @module
 */

import process from "node:process";

/** When and how a thread collects the garbage of large payloads. */
export interface Collector {
  /** Worth collecting: so many bytes that the thread has read and sent. */
  readonly garbageBytes: number;
  /** Collects garbage, of which there may be `movedBytes`. */
  collect(movedBytes: number): void;
}

/** Collects nothing. */
export const NO_GARBAGE: Collector = {
  garbageBytes: Infinity,
  collect: () => {},
};

/**
 * A collection takes about a millisecond for each megabyte of a heap, so V8 collects only if
 * the heap is not larger than this and the payloads together.
 */
const V8_HEAP_BYTES = 1 << 26;

const bun = (globalThis as { Bun?: { gc(force: boolean): void } }).Bun;

/**
 * Collects on a worker. Engines collect when they allocate, so a worker that waits keeps the
 * payloads that it has read or sent.
 */
export function workerCollector(): Collector {
  const collect = bun === undefined ? collectInV8 : () => bun.gc(true);
  return { garbageBytes: 1 << 24, collect };
}

/** Collects on the main thread, where user code may wait for the collection. */
export function mainCollector(): Collector {
  // Bun collects by itself when the event loop of the main thread has nothing to do.
  const collect = bun === undefined ? collectInV8 : () => {};
  return { garbageBytes: 1 << 26, collect };
}

/** V8's function for this thread; null if it cannot be had. */
let gc: (() => void) | null | undefined;

function collectInV8(movedBytes: number): void {
  const { getHeapStatistics } = process.getBuiltinModule("node:v8");
  const heapBytes = getHeapStatistics().used_heap_size;
  if (heapBytes > V8_HEAP_BYTES + movedBytes) return;
  if (gc === undefined) gc = findGc();
  gc?.();
}

/** V8 defines gc() in contexts that are created while a flag is set. */
function findGc(): (() => void) | null {
  try {
    const { setFlagsFromString } = process.getBuiltinModule("node:v8");
    const { runInNewContext } = process.getBuiltinModule("node:vm");
    setFlagsFromString("--expose-gc");
    const found = runInNewContext("gc");
    // The contexts of the user do not get it.
    if (!("gc" in globalThis)) setFlagsFromString("--no-expose-gc");
    return found;
  } catch {
    return null;
  }
}
