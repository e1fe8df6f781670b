/**
 * Sets for how long malloc() of the GNU C library keeps freed memory.
 *
 * By default it returns the end of its heap to the kernel when a few hundred kilobytes are
 * free there, or twice the largest block that was freed. A program that allocates and frees
 * blocks of a megabyte then gets new pages all the time, each for a page fault.
 *
 * Without that library, nothing happens.
 *
 * @module
 */

import { done, LIBC_PATHS, type LibcResult, withLibc } from "./libc.ts";
import type { OpenResult } from "./library.ts";
import { openLibrary } from "./open.ts";

/** Free bytes at the end of a heap, from which they are returned. */
const M_TRIM_THRESHOLD = -1;
/** Bytes that a heap grows by in addition, and keeps when it shrinks. */
const M_TOP_PAD = -2;
/** Blocks of this size are not in a heap: they get new pages, and lose them when freed. */
const M_MMAP_THRESHOLD = -3;

const MIB = 1 << 20;

/** From 64 KiB on, free() looks at the end of the heap. */
const CUTTING_BYTES = BigInt(MIB / 8);

const SIGNATURES = {
  mallopt: {
    parameters: ["i32", /* int parameter */ "i32" /* int value */],
    result: "i32", /* 1 on success */
    optional: true,
  },
  malloc_trim: {
    parameters: ["address" /* size_t pad */],
    result: "i32", /* 1 if memory was returned */
    optional: true,
  },
  malloc: {
    parameters: ["address" /* size_t size */],
    result: "address", /* void *, NULL on failure */
    optional: true,
  },
  free: {
    parameters: ["address" /* void *ptr */],
    result: "void",
    optional: true,
  },
} as const;

let opened: OpenResult<typeof SIGNATURES> | undefined;

/** Keeps freed blocks of up to 32 MiB, the largest size that malloc() puts into its heaps. */
export function keepFreedMemory(): LibcResult<void> {
  return setLimits(256 * MIB, 64 * MIB, 32 * MIB);
}

/**
 * Returns freed memory to the kernel, and keeps little from now on: what malloc() would keep
 * by itself once a program has freed a block of 4 MiB. Each thread that has allocated large
 * blocks calls this, because only it reaches the end of its own heap.
 */
export function returnFreedMemory(): LibcResult<void> {
  const result = setLimits(8 * MIB, MIB / 8, 4 * MIB);
  if (!opened?.ok) return result;
  const { malloc, free, malloc_trim } = opened.library.call;
  if (malloc_trim === undefined) return result;
  // malloc_trim() leaves out the ends of the heaps of all threads but the main one: up to
  // 64 MiB each. free() of a block of this size cuts off the end of the heap it is in.
  // SAFETY: the block is not used; free() takes NULL, too.
  const block = malloc?.(CUTTING_BYTES);
  if (block !== undefined) free?.(block);
  // SAFETY: takes the locks of malloc(), and returns only pages in which nothing is allocated.
  malloc_trim(0n);
  return result;
}

function setLimits(
  trimBytes: number,
  padBytes: number,
  mmapBytes: number,
): LibcResult<void> {
  return withLibc(() => {
    opened ??= openLibrary(LIBC_PATHS, SIGNATURES);
    if (!opened.ok) return { ...opened, errno: 0 };
    const { mallopt } = opened.library.call;
    // SAFETY: these set limits, under the locks of malloc(); memory in use is not changed.
    mallopt?.(M_TRIM_THRESHOLD, trimBytes);
    mallopt?.(M_TOP_PAD, padBytes);
    mallopt?.(M_MMAP_THRESHOLD, mmapBytes);
    return done(undefined);
  });
}
