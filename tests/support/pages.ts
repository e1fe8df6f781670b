/**
 * What the kernel knows of the pages of shared memory.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import process from "node:process";
import { LIBC_PATHS } from "../../ffi/libc.ts";
import { openLibrary } from "../../ffi/open.ts";

const PAGE_BYTES = 4096;
const SYS_MOVE_PAGES = process.arch === "x64" ? 279n : 239n;
/** What move_pages() says of a page that nobody has written to: -ENOENT. */
const NO_PAGE = -2;

const SIGNATURES = {
  memset: { parameters: ["buffer", "i32", "address"], result: "address" },
  syscall: {
    parameters: [
      "i64", /* number; what follows is move_pages()'s */
      "i64", /* int pid */
      "i64", /* unsigned long count */
      "buffer", /* void *pages[] */
      "buffer", /* const int nodes[]: null only asks */
      "buffer", /* int status[] */
      "i64", /* int flags */
    ],
    result: "i64",
  },
} as const;

const opened = openLibrary(LIBC_PATHS, SIGNATURES);

/** Whether this kernel and its container tell about pages, and set policies. */
export function tellsPages(): boolean {
  try {
    pageNodes(new SharedArrayBuffer(PAGE_BYTES));
    return readFileSync("/proc/self/numa_maps", "utf8") !== "";
  } catch {
    return false;
  }
}

/** The NUMA node of each page that lies in `buffer` as a whole; null for one without memory. */
export function pageNodes(buffer: SharedArrayBuffer): (number | null)[] {
  const start = firstPage(buffer);
  const bytes = BigInt(buffer.byteLength) - (start - addressOf(buffer));
  const count = Math.max(0, Math.floor(Number(bytes) / PAGE_BYTES));
  const pages = BigUint64Array.from(
    { length: count },
    (_, page) => start + BigInt(page * PAGE_BYTES),
  );
  const status = new Int32Array(count);
  // SAFETY: both arrays have `count` items and outlive this synchronous call.
  const result = libc().syscall(
    SYS_MOVE_PAGES,
    0n,
    BigInt(count),
    new Uint8Array(pages.buffer),
    null,
    new Uint8Array(status.buffer),
    0n,
  );
  if (result !== 0n) {
    throw new Error("Cannot ask for pages: the kernel refuses");
  }
  return [...status].map((node) => node === NO_PAGE ? null : node);
}

/** The policy of one of these pages in the kernel's words, such as `prefer:0`. */
export function policyOf(
  buffer: SharedArrayBuffer,
  page = 1,
): string | undefined {
  const address = firstPage(buffer) + BigInt(page * PAGE_BYTES);
  const areas = readFileSync("/proc/self/numa_maps", "utf8").trim().split("\n")
    .map((line) => line.split(" "));
  return areas.findLast(([start]) => BigInt(`0x${start}`) <= address)?.[1];
}

function firstPage(buffer: SharedArrayBuffer): bigint {
  const size = BigInt(PAGE_BYTES);
  return (addressOf(buffer) + size - 1n) / size * size;
}

function addressOf(buffer: SharedArrayBuffer): bigint {
  // SAFETY: a length of 0 writes nothing; memset() returns the address.
  return libc().memset(new Uint8Array(buffer), 0, 0n);
}

function libc() {
  if (!opened.ok) throw new Error(opened.message);
  return opened.library.call;
}
