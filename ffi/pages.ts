/**
 * Advises the kernel about the pages of some memory.
 *
 * Without libc, or on another system than Linux, nothing happens: the memory keeps its pages.
 *
 * @module
 */

import { done, LIBC_PATHS, type LibcResult, withLibc } from "./libc.ts";
import type { Library, OpenResult } from "./library.ts";
import { openLibrary } from "./open.ts";

/** Drops the pages; the next access gets a new page of zeroes. */
const MADV_DONTNEED = 4;
/** Allows huge pages, which need one page fault instead of several hundred. */
const MADV_HUGEPAGE = 14;
/** The size of a huge page where usual pages have 4 KiB; a multiple of it elsewhere. */
const HUGE_PAGE_BYTES = 1 << 21;

const SIGNATURES = {
  madvise: {
    parameters: ["buffer", /* void * */ "address", /* size_t len */ "i32"],
    result: "i32", /* 0, or -1 and errno */
  },
  getpagesize: { parameters: [], result: "i32" /* int */ },
  memset: {
    parameters: ["buffer", /* void * */ "i32", "address" /* size_t len */],
    result: "address", /* the first argument */
  },
} as const;

let opened: OpenResult<typeof SIGNATURES> | undefined;

/**
 * Gives the pages that lie completely in `memory` back to the kernel. The memory then holds
 * zeroes there. It must be shared or unshared memory of this process, not of a file.
 */
export function dropPages(memory: Uint8Array): LibcResult<void> {
  return withPages((libc) => {
    advise(libc, memory, libc.call.getpagesize(), MADV_DONTNEED);
    return done(undefined);
  });
}

/** Asks for huge pages in `memory`. Its contents stay. */
export function preferHugePages(memory: Uint8Array): LibcResult<void> {
  return withPages((libc) => {
    advise(libc, memory, HUGE_PAGE_BYTES, MADV_HUGEPAGE);
    return done(undefined);
  });
}

/** The part of `memory` that consists of whole pages of this size; undefined if it has none. */
export function wholePages<T extends ArrayBufferLike>(
  libc: Library<typeof SIGNATURES>,
  memory: Uint8Array<T>,
  pageBytes: number,
): Uint8Array<T> | undefined {
  // SAFETY: a length of 0 writes nothing; the call only returns the address.
  const address = libc.call.memset(memory, 0, 0n);
  const start = Number(-address & BigInt(pageBytes - 1));
  const end = memory.length - (memory.length - start) % pageBytes;
  return start < end ? memory.subarray(start, end) : undefined;
}

/** Runs `body` with the symbols of this file, or returns why libc cannot be used. */
export function withPages<T>(
  body: (libc: Library<typeof SIGNATURES>) => LibcResult<T>,
): LibcResult<T> {
  return withLibc(() => {
    opened ??= openLibrary(LIBC_PATHS, SIGNATURES);
    return opened.ok ? body(opened.library) : { ...opened, errno: 0 };
  });
}

function advise(
  libc: Library<typeof SIGNATURES>,
  memory: Uint8Array,
  pageBytes: number,
  advice: number,
): void {
  const pages = wholePages(libc, memory, pageBytes);
  if (pages === undefined) return;
  // SAFETY: whole pages of `memory`, which its owner says may become zeroes, or whose
  // contents the advice does not change. If the call fails, nothing changes.
  libc.call.madvise(pages, BigInt(pages.length), advice);
}
