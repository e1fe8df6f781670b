/**
 * What loom needs of the C library, as plain functions that return plain data:
 * affinity, names and ids of threads, and files of `/proc` and `/sys`.
 *
 * The library is opened at the first call. Nothing here throws for what the
 * machine lacks; every failure is a value.
 *
 * @module
 */

import process from "node:process";
import {
  cpusFromMask,
  DEFAULT_MASK_BYTES,
  maskFromCpus,
  MAX_MASK_BYTES,
} from "./cpu_mask.ts";
import { EINVAL, errnoText } from "./errno.ts";
import {
  type Library,
  openFailure,
  type OpenFailureReason,
  type OpenResult,
} from "./library.ts";
import { openLibrary } from "./open.ts";

/** A call that did not succeed. */
export interface LibcFailure {
  /** Always false. */
  readonly ok: false;
  /** Why libc cannot be used, or `errno` when a call itself failed. */
  readonly reason: OpenFailureReason | "errno";
  /** The error number of the call; 0 when there was no call. */
  readonly errno: number;
  /** Action and state, for people. */
  readonly message: string;
}

/** The value of a call, or why there is none. */
export type LibcResult<T> =
  | { readonly ok: true; readonly value: T }
  | LibcFailure;

const SIGNATURES = {
  pthread_self: { parameters: [], result: "address" /* pthread_t */ },
  pthread_getaffinity_np: {
    parameters: [
      "address", /* pthread_t */
      "address", /* size_t len */
      "buffer", /* cpu_set_t *mask */
    ],
    result: "i32", /* error number, 0 on success */
  },
  pthread_setaffinity_np: {
    parameters: [
      "address", /* pthread_t */
      "address", /* size_t len */
      "buffer", /* const cpu_set_t *mask */
    ],
    result: "i32", /* error number, 0 on success */
  },
  pthread_getname_np: {
    parameters: [
      "address", /* pthread_t */
      "buffer", /* char *name */
      "address", /* size_t len */
    ],
    result: "i32", /* error number, 0 on success */
  },
  pthread_setname_np: {
    parameters: ["address", /* pthread_t */ "buffer" /* const char *name */],
    result: "i32", /* error number, 0 on success */
  },
  sched_getaffinity: {
    parameters: [
      "i32", /* pid_t, a thread id */
      "address", /* size_t len */
      "buffer", /* cpu_set_t *mask */
    ],
    result: "i32", /* 0, or -1 and errno */
  },
  sched_setaffinity: {
    parameters: [
      "i32", /* pid_t, a thread id */
      "address", /* size_t len */
      "buffer", /* const cpu_set_t *mask */
    ],
    result: "i32", /* 0, or -1 and errno */
  },
  open: {
    parameters: ["buffer", /* const char *path */ "i32" /* flags */],
    result: "i32", /* file descriptor, or -1 and errno */
  },
  read: {
    parameters: ["i32", /* fd */ "buffer", "address" /* size_t len */],
    result: "i64", /* bytes read, or -1 and errno */
  },
  close: { parameters: ["i32" /* fd */], result: "i32" },
  syscall: {
    parameters: ["i64", /* number */ "i64", "buffer", "i64"],
    result: "i64", /* depends on the number; -1 and errno */
  },
  __errno_location: { parameters: [], result: "address" /* int* */ },
  memcpy: {
    parameters: [
      "buffer", /* void *to */
      "address", /* const void *from */
      "address", /* size_t len */
    ],
    result: "address", /* to */
  },
} as const;

/** The C library with the symbols that this folder calls. */
export type Libc = Library<typeof SIGNATURES>;

/**
 * Names first: the loader knows where they are. The absolute paths are for Deno
 * with `--allow-ffi=PATH`, which grants exactly the path that is opened.
 */
export const LIBC_PATHS: readonly string[] = [
  "libc.so.6",
  "/lib/x86_64-linux-gnu/libc.so.6",
  "/usr/lib/x86_64-linux-gnu/libc.so.6",
  "/lib/aarch64-linux-gnu/libc.so.6",
  "/usr/lib/aarch64-linux-gnu/libc.so.6",
  "/lib64/libc.so.6",
  "/usr/lib64/libc.so.6",
  "/usr/lib/libc.so.6",
  "libc.musl-x86_64.so.1",
  "/lib/libc.musl-x86_64.so.1",
  "libc.musl-aarch64.so.1",
  "/lib/libc.musl-aarch64.so.1",
];

let opened: OpenResult<typeof SIGNATURES> | undefined;

/** The C library of this thread, opened when first asked for. */
export function openLibc(): OpenResult<typeof SIGNATURES> {
  opened ??= openLibcFor(process.platform);
  return opened;
}

/** As {@linkcode openLibc}, for the given platform and without remembering it. */
export function openLibcFor(
  platform: string,
  paths: readonly string[] = LIBC_PATHS,
): OpenResult<typeof SIGNATURES> {
  if (platform !== "linux") {
    return openFailure(
      "platform",
      `Cannot use libc for threads: this is ${platform}, not Linux`,
    );
  }
  const result = openLibrary(paths, SIGNATURES);
  if (result.ok || result.reason !== "permission") return result;
  // A dozen candidates, all refused for one reason: say it once.
  return openFailure(
    "permission",
    "Cannot open libc: Deno runs without the permission --allow-ffi",
  );
}

/** The CPUs that the calling thread may run on, ascending. */
export function getThreadAffinity(): LibcResult<number[]> {
  return readMask("read the affinity of this thread", (libc, mask) =>
    // SAFETY: `mask` outlives this synchronous call, and its length is passed on.
    libc.call.pthread_getaffinity_np(
      libc.call.pthread_self(),
      BigInt(mask.length),
      mask,
    ));
}

/**
 * Lets the calling thread run on `cpus` only.
 *
 * Success does not mean that all of them can be used: a cgroup narrows the mask
 * silently, so read it back.
 */
export function setThreadAffinity(cpus: readonly number[]): LibcResult<void> {
  return writeMask("this thread", cpus, (libc, mask) =>
    // SAFETY: `mask` outlives this synchronous call, which pins the calling thread,
    // so it must run inside the thread that it pins.
    libc.call.pthread_setaffinity_np(
      libc.call.pthread_self(),
      BigInt(mask.length),
      mask,
    ));
}

/** The CPUs that thread `threadId` may run on, ascending. */
export function getAffinityOf(threadId: number): LibcResult<number[]> {
  return readMask(`read the affinity of thread ${threadId}`, (libc, mask) => {
    // SAFETY: `mask` outlives this synchronous call, and its length is passed on.
    const result = libc.call.sched_getaffinity(
      threadId,
      BigInt(mask.length),
      mask,
    );
    return result === 0 ? 0 : lastErrno(libc);
  });
}

/** Lets thread `threadId` run on `cpus` only. */
export function setAffinityOf(
  threadId: number,
  cpus: readonly number[],
): LibcResult<void> {
  return writeMask(`thread ${threadId}`, cpus, (libc, mask) => {
    // SAFETY: the kernel only reads `mask`, which outlives this synchronous call.
    const result = libc.call.sched_setaffinity(
      threadId,
      BigInt(mask.length),
      mask,
    );
    return result === 0 ? 0 : lastErrno(libc);
  });
}

/** The longest thread name that Linux keeps, without its closing zero. */
export const MAX_THREAD_NAME_BYTES = 15;

/** The calling thread's name as the kernel has it. */
export function getThreadName(): LibcResult<string> {
  return withLibc((libc) => {
    const name = new Uint8Array(MAX_THREAD_NAME_BYTES + 1);
    // SAFETY: `name` outlives this synchronous call, and its length is passed on.
    const errno = libc.call.pthread_getname_np(
      libc.call.pthread_self(),
      name,
      BigInt(name.length),
    );
    if (errno !== 0) return failed("read the name of this thread", errno);
    return done(new TextDecoder().decode(name.subarray(0, name.indexOf(0))));
  });
}

/**
 * Names the calling thread; more than {@linkcode MAX_THREAD_NAME_BYTES} bytes of
 * UTF-8 give ERANGE. On the main thread this renames the process in `ps`.
 */
export function setThreadName(name: string): LibcResult<void> {
  return withLibc((libc) => {
    // SAFETY: the string ends in a zero byte and outlives this synchronous call,
    // which names the calling thread, so it must run inside the thread it names.
    const errno = libc.call.pthread_setname_np(
      libc.call.pthread_self(),
      cString(name),
    );
    if (errno === 0) return done(undefined);
    return failed(`name this thread "${name}"`, errno);
  });
}

/** The kernel's id of the calling thread, as in `/proc/self/task`. */
export function currentThreadId(): LibcResult<number> {
  return withLibc((libc) => {
    // SAFETY: gettid takes no arguments; the kernel ignores these.
    const threadId = libc.call.syscall(SYS_GETTID, 0n, null, 0n);
    return done(Number(threadId));
  });
}

/** By number, since C libraries older than 2019 have no gettid(). */
const SYS_GETTID = process.arch === "x64" ? 186n : 178n;

/** Runs `body` with the C library, or passes on why there is none. */
export function withLibc<T>(
  body: (libc: Libc) => LibcResult<T>,
): LibcResult<T> {
  const result = openLibc();
  if (result.ok) return body(result.library);
  return {
    ok: false,
    reason: result.reason,
    errno: 0,
    message: result.message,
  };
}

/** A success. */
export function done<T>(value: T): LibcResult<T> {
  return { ok: true, value };
}

/** A call that gave the error number `errno`. */
export function failed(action: string, errno: number): LibcFailure {
  const message = `Cannot ${action}: ${errnoText(errno)}`;
  return { ok: false, reason: "errno", errno, message };
}

/** The error number of the call that this thread made last, if it failed. */
export function lastErrno(libc: Libc): number {
  const word = new Int32Array(1);
  // SAFETY: errno is an int that lives as long as this thread does.
  libc.call.memcpy(
    new Uint8Array(word.buffer),
    libc.call.__errno_location(),
    4n,
  );
  return word[0];
}

/** `text` as C wants it: UTF-8 with a zero at the end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** Doubles the mask while the kernel calls it too small for its CPUs. */
function readMask(
  action: string,
  fill: (libc: Libc, mask: Uint8Array) => number,
): LibcResult<number[]> {
  return withLibc((libc) => {
    for (let maskBytes = DEFAULT_MASK_BYTES;; maskBytes *= 2) {
      const mask = new Uint8Array(maskBytes);
      const errno = fill(libc, mask);
      if (errno === 0) return done(cpusFromMask(mask));
      if (errno !== EINVAL || maskBytes >= MAX_MASK_BYTES) {
        return failed(action, errno);
      }
    }
  });
}

function writeMask(
  thread: string,
  cpus: readonly number[],
  write: (libc: Libc, mask: Uint8Array) => number,
): LibcResult<void> {
  return withLibc((libc) => {
    const mask = maskFromCpus(cpus);
    const errno = mask === undefined ? EINVAL : write(libc, mask);
    if (errno === 0) return done(undefined);
    return failed(`set the affinity of ${thread} to CPUs [${cpus}]`, errno);
  });
}
