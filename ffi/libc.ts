/**
 * The part of the C library that loom uses, as functions that return plain data: affinity,
 * names and ids of threads, and files of `/proc` and `/sys`.
 *
 * The library is opened at the first call. Every failure is a value, not an exception.
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
  /** Why libc cannot be used, or `errno` if a call failed. */
  readonly reason: OpenFailureReason | "errno";
  /** The error number of the call; 0 if no call was made. */
  readonly errno: number;
  /** Message for people: the action that failed and the reason. */
  readonly message: string;
}

/** The value of a call, or why it failed. */
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
    parameters: ["i64", /* number */ "i64", "buffer", "i64", "i64"],
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

/** The C library with the symbols that this folder uses. */
export type Libc = Library<typeof SIGNATURES>;

/**
 * Names come first, since the loader finds them. The absolute paths are for Deno with
 * `--allow-ffi=PATH`, which permits exactly the path that is opened.
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

/** The C library of this thread, opened at the first call. */
export function openLibc(): OpenResult<typeof SIGNATURES> {
  opened ??= openLibcFor(process.platform);
  return opened;
}

/** Like {@linkcode openLibc}, but for a given platform and without caching. */
export function openLibcFor(
  platform: string,
  paths: readonly string[] = LIBC_PATHS,
): OpenResult<typeof SIGNATURES> {
  if (platform !== "linux") {
    return openFailure(
      "platform",
      `Cannot use libc for threads: the platform is ${platform}, not Linux`,
    );
  }
  const result = openLibrary(paths, SIGNATURES);
  if (result.ok || result.reason !== "permission") return result;
  // All candidates failed for the same reason, so report it once.
  return openFailure(
    "permission",
    "Cannot open libc: Deno runs without the permission --allow-ffi",
  );
}

/** The CPUs that the calling thread may run on, ascending. */
export function getThreadAffinity(): LibcResult<number[]> {
  return readMask("read the affinity of this thread", (libc, mask) =>
    // SAFETY: `mask` outlives this synchronous call, and its length is passed.
    libc.call.pthread_getaffinity_np(
      libc.call.pthread_self(),
      BigInt(mask.length),
      mask,
    ));
}

/**
 * Restricts the calling thread to `cpus`.
 *
 * A cgroup may narrow the mask silently, so read it back to see the effective CPUs.
 */
export function setThreadAffinity(cpus: readonly number[]): LibcResult<void> {
  return writeMask("this thread", cpus, (libc, mask) =>
    // SAFETY: `mask` outlives this synchronous call, which pins the calling thread,
    // so it must run in the thread to pin.
    libc.call.pthread_setaffinity_np(
      libc.call.pthread_self(),
      BigInt(mask.length),
      mask,
    ));
}

/** The CPUs that thread `threadId` may run on, ascending. */
export function getAffinityOf(threadId: number): LibcResult<number[]> {
  return readMask(`read the affinity of thread ${threadId}`, (libc, mask) => {
    // SAFETY: `mask` outlives this synchronous call, and its length is passed.
    const result = libc.call.sched_getaffinity(
      threadId,
      BigInt(mask.length),
      mask,
    );
    return result === 0 ? 0 : lastErrno(libc);
  });
}

/** Restricts thread `threadId` to `cpus`. */
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

/** The longest thread name on Linux, without the closing zero. */
export const MAX_THREAD_NAME_BYTES = 15;

/** The kernel's name of the calling thread. */
export function getThreadName(): LibcResult<string> {
  return withLibc((libc) => {
    const name = new Uint8Array(MAX_THREAD_NAME_BYTES + 1);
    // SAFETY: `name` outlives this synchronous call, and its length is passed.
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
 * Names the calling thread. A name longer than {@linkcode MAX_THREAD_NAME_BYTES} bytes of
 * UTF-8 fails with ERANGE. On the main thread this renames the process in `ps`.
 */
export function setThreadName(name: string): LibcResult<void> {
  return withLibc((libc) => {
    // SAFETY: the string ends in a zero byte and outlives this synchronous call,
    // which names the calling thread, so it must run in the thread to name.
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
    const threadId = libc.call.syscall(SYS_GETTID, 0n, null, 0n, 0n);
    return done(Number(threadId));
  });
}

/** The number of gettid(), which C libraries from before 2019 do not export. */
const SYS_GETTID = process.arch === "x64" ? 186n : 178n;

/** Runs `body` with the C library, or returns why it cannot be opened. */
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

/** A call that failed with the error number `errno`. */
export function failed(action: string, errno: number): LibcFailure {
  const message = `Cannot ${action}: ${errnoText(errno)}`;
  return { ok: false, reason: "errno", errno, message };
}

/** The error number of this thread's last call, if that call failed. */
export function lastErrno(libc: Libc): number {
  const word = new Int32Array(1);
  // SAFETY: errno is an int that lives as long as this thread.
  libc.call.memcpy(
    new Uint8Array(word.buffer),
    libc.call.__errno_location(),
    4n,
  );
  return word[0];
}

/** `text` as a C string: UTF-8 with a zero at the end. */
export function cString(text: string): Uint8Array {
  return new TextEncoder().encode(`${text}\0`);
}

/** Reads a mask; doubles its size while the kernel reports that it is too small. */
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
