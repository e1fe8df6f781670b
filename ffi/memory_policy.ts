/**
 * Sets the NUMA nodes from which the kernel allocates the pages of some memory. Uses
 * libc's syscall(), so it does not need libnuma.
 *
 * @module
 */

import process from "node:process";
import { maskFromCpus } from "./cpu_mask.ts";
import {
  done,
  failed,
  lastErrno,
  LIBC_PATHS,
  type LibcResult,
  withLibc,
} from "./libc.ts";
import type { OpenResult } from "./library.ts";
import { openLibrary } from "./open.ts";
import { dropPages, wholePages, withPages } from "./pages.ts";

/** How the kernel selects the node of a page when the page is first written to. */
export type MemoryPolicy =
  /** The given node, or a near one when that is full. */
  | "prefer"
  /** The given nodes in turn, page by page. */
  | "interleave";

/** `MPOL_PREFERRED` and `MPOL_INTERLEAVE`. */
const MODES: Readonly<Record<MemoryPolicy, bigint>> = {
  prefer: 1n,
  interleave: 3n,
};

const SYS_MBIND = process.arch === "x64" ? 237n : 235n;

const SIGNATURES = {
  syscall: {
    parameters: [
      "i64", /* number of mbind, whose parameters follow */
      "buffer", /* void *address */
      "i64", /* unsigned long len */
      "i64", /* int mode */
      "buffer", /* const unsigned long *nodemask */
      "i64", /* unsigned long maxnode: bits of the mask */
      "i64", /* unsigned flags */
    ],
    result: "i64", /* 0, or -1 and errno */
  },
} as const;

let opened: OpenResult<typeof SIGNATURES> | undefined;

/**
 * Sets the policy of all pages that lie completely in `memory`. The memory must be new: it
 * holds zeroes, and no other thread uses it yet. Pages that it already has, because the
 * runtime reuses cleared memory, are dropped, so that new ones follow the policy.
 */
export function setMemoryPolicy(
  memory: Uint8Array<SharedArrayBuffer>,
  policy: MemoryPolicy,
  nodes: readonly number[],
): LibcResult<void> {
  return withPages((libc) => {
    const pages = wholePages(libc, memory, libc.call.getpagesize());
    const mask = maskFromCpus(nodes);
    if (pages === undefined || mask === undefined) return done(undefined);
    dropPages(pages);
    return bind(pages, policy, mask, nodes);
  });
}

function bind(
  pages: Uint8Array,
  policy: MemoryPolicy,
  mask: Uint8Array,
  nodes: readonly number[],
): LibcResult<void> {
  return withLibc((libc) => {
    opened ??= openLibrary(LIBC_PATHS, SIGNATURES);
    if (!opened.ok) return { ...opened, errno: 0 };
    // SAFETY: the kernel reads `mask`, which outlives this synchronous call, and does
    // not access the contents of `pages`.
    const result = opened.library.call.syscall(
      SYS_MBIND,
      pages,
      BigInt(pages.length),
      MODES[policy],
      mask,
      BigInt(mask.length * 8),
      0n,
    );
    if (result === 0n) return done(undefined);
    return failed(
      `set the memory policy ${policy}:${nodes.join()}`,
      lastErrno(libc),
    );
  });
}
