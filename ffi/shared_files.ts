/**
 * Files that several threads or programs use at the same time: read and written at an
 * offset, and locked in parts.
 *
 * @module
 */

import process from "node:process";
import {
  cString,
  done,
  failed,
  lastErrno,
  LIBC_PATHS,
  type LibcResult,
  withLibc,
} from "./libc.ts";
import type { Calls, OpenResult } from "./library.ts";
import { openLibrary } from "./open.ts";

// These flags have the same values on x86-64 and arm64; O_NOFOLLOW has not.
const O_RDWR = 2;
const O_CREAT = 0o100;
const O_CLOEXEC = 0x80000;
const O_NOFOLLOW = process.arch === "x64" ? 0x20000 : 0x8000;
const MFD_CLOEXEC = 1;

/** Relative paths start at the current folder; loom uses absolute ones only. */
const AT_FDCWD = -100n;

const SYSCALLS = process.arch === "x64"
  ? { openat: 257n, mkdirat: 258n, fchmodat: 268n, pread: 17n, pwrite: 18n }
  : { openat: 56n, mkdirat: 34n, fchmodat: 53n, pread: 67n, pwrite: 68n };

// fcntl's commands for locks that belong to an open file, not to a process.
const F_OFD_GETLK = 36;
const F_OFD_SETLK = 37;

// struct flock: short l_type @0, short l_whence @2, off_t l_start @8, off_t l_len @16,
// pid_t l_pid @24.
const FLOCK_BYTES = 32;
const START_OFFSET = 8;
const LENGTH_OFFSET = 16;
const F_WRLCK = 1;
const F_UNLCK = 2;

const SIGNATURES = {
  fcntl: {
    parameters: ["i32", /* fd */ "i32", /* cmd */ "buffer" /* struct flock */],
    result: "i32", /* 0, or -1 and errno */
  },
  readlink: {
    parameters: ["buffer", /* path */ "buffer", "address" /* size_t len */],
    result: "i64", /* bytes, or -1 and errno */
  },
  memfd_create: {
    parameters: ["buffer", /* const char *name */ "u32" /* flags */],
    result: "i32", /* file descriptor, or -1 and errno */
  },
} as const;

/** The number of an open file. It means the same to all threads of the process. */
export type FileNumber = number;

/** Opens a file to read and write; creates it, for all users, if `create` is set. */
export function openShared(
  path: string,
  options: { readonly create?: boolean } = {},
): LibcResult<FileNumber> {
  const create = options.create ? O_CREAT : 0;
  const flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | create;
  const opened = callWithPath(
    SYSCALLS.openat,
    `open "${path}"`,
    path,
    flags,
    0o666,
  );
  // The mask for new files takes the other users' permission away; only its owner may, and
  // needs to, give it back.
  if (opened.ok && options.create) setMode(path, 0o666);
  return opened;
}

/** Opens a file again, with locks of its own; the link in `/proc` is followed. */
export function reopen(path: string): LibcResult<FileNumber> {
  return callWithPath(
    SYSCALLS.openat,
    `open "${path}"`,
    path,
    O_RDWR | O_CLOEXEC,
    0,
  );
}

/** Makes a folder in which every user may create files, unless there is one. */
export function makeSharedFolder(path: string): LibcResult<number> {
  const made = callWithPath(
    SYSCALLS.mkdirat,
    `make folder "${path}"`,
    path,
    0o777,
    0,
  );
  // With the sticky bit, users cannot remove each other's files.
  return made.ok ? setMode(path, 0o1777) : made;
}

function setMode(path: string, mode: number): LibcResult<number> {
  return callWithPath(
    SYSCALLS.fchmodat,
    `set the mode of "${path}"`,
    path,
    mode,
    0,
  );
}

/** Creates a file without a path, which ends with this process. */
export function createMemoryFile(name: string): LibcResult<FileNumber> {
  return withCalls((call) => {
    // SAFETY: the string ends in a zero byte and outlives this synchronous call.
    const file = call.memfd_create(cString(name), MFD_CLOEXEC);
    if (file >= 0) return done(file);
    return failedCall(`create a memory file named "${name}"`);
  });
}

/** What a symbolic link refers to, in at most 255 bytes. */
export function linkTarget(path: string): LibcResult<string> {
  return withCalls((call) => {
    const target = new Uint8Array(255);
    // SAFETY: both buffers outlive this synchronous call, and the length is passed.
    const length = Number(
      call.readlink(cString(path), target, BigInt(target.length)),
    );
    if (length < 0) return failedCall(`read the link "${path}"`);
    return done(new TextDecoder().decode(target.subarray(0, length)));
  });
}

/** Reads into `bytes` from `offset` on; returns how many bytes there were. */
export function readAt(
  file: FileNumber,
  bytes: Uint8Array,
  offset: number,
): LibcResult<number> {
  return callWithBytes(SYSCALLS.pread, "read", file, bytes, offset);
}

/** Writes `bytes` at `offset`. */
export function writeAt(
  file: FileNumber,
  bytes: Uint8Array,
  offset: number,
): LibcResult<number> {
  return callWithBytes(SYSCALLS.pwrite, "write", file, bytes, offset);
}

/** Closes a file, and so releases its locks. */
export function closeFile(file: FileNumber): void {
  // SAFETY: the caller has opened `file` and does not use it again.
  withLibc((libc) => done(libc.call.close(file)));
}

/**
 * Locks bytes of a file for this open file. The kernel releases the lock when the file is
 * closed, so at the latest when the process ends.
 *
 * @returns False if another open file has locked some of them.
 */
export function tryLock(
  file: FileNumber,
  { start, length }: ByteRange,
): LibcResult<boolean> {
  const result = callLock(file, F_OFD_SETLK, lockOf(F_WRLCK, start, length));
  if (result.ok) return done(true);
  // EAGAIN, or EACCES in some file systems.
  return result.errno === 11 || result.errno === 13 ? done(false) : result;
}

/** Gives locked bytes free. */
export function unlock(
  file: FileNumber,
  { start, length }: ByteRange,
): void {
  callLock(file, F_OFD_SETLK, lockOf(F_UNLCK, start, length));
}

/** Some bytes of a file. */
export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

/** A locked part of a range, of another open file; undefined if there is none. */
export function lockedIn(
  file: FileNumber,
  { start, length }: ByteRange,
): LibcResult<ByteRange | undefined> {
  const lock = lockOf(F_WRLCK, start, length);
  const result = callLock(file, F_OFD_GETLK, lock);
  if (!result.ok) return result;
  const view = new DataView(lock.buffer);
  if (view.getInt16(0, true) === F_UNLCK) return done(undefined);
  return done({
    start: Number(view.getBigInt64(START_OFFSET, true)),
    length: Number(view.getBigInt64(LENGTH_OFFSET, true)),
  });
}

function lockOf(type: number, start: number, length: number): Uint8Array {
  const lock = new Uint8Array(FLOCK_BYTES);
  const view = new DataView(lock.buffer);
  // l_whence stays SEEK_SET, which is 0.
  view.setInt16(0, type, true);
  view.setBigInt64(START_OFFSET, BigInt(start), true);
  view.setBigInt64(LENGTH_OFFSET, BigInt(length), true);
  return lock;
}

function callLock(
  file: FileNumber,
  command: number,
  lock: Uint8Array,
): LibcResult<number> {
  return withCalls((call) => {
    // SAFETY: the kernel reads and writes FLOCK_BYTES bytes of `lock`, which outlives this
    // synchronous call; neither command waits.
    const result = call.fcntl(file, command, lock);
    return result === 0 ? done(0) : failedCall(`lock file ${file}`);
  });
}

function callWithPath(
  number: bigint,
  action: string,
  path: string,
  third: number,
  fourth: number,
): LibcResult<number> {
  return withLibc((libc) => {
    // SAFETY: the string ends in a zero byte and outlives this synchronous call.
    const result = libc.call.syscall(
      number,
      AT_FDCWD,
      cString(path),
      BigInt(third),
      BigInt(fourth),
    );
    return result >= 0n
      ? done(Number(result))
      : failed(action, lastErrno(libc));
  });
}

function callWithBytes(
  number: bigint,
  verb: string,
  file: FileNumber,
  bytes: Uint8Array,
  offset: number,
): LibcResult<number> {
  return withLibc((libc) => {
    // SAFETY: `bytes` outlives this synchronous call, and its length is passed.
    const count = libc.call.syscall(
      number,
      BigInt(file),
      bytes,
      BigInt(bytes.length),
      BigInt(offset),
    );
    if (count >= 0n) return done(Number(count));
    return failed(`${verb} file ${file}`, lastErrno(libc));
  });
}

let opened: OpenResult<typeof SIGNATURES> | undefined;

/** Runs `body` with the symbols of this file, which most threads never need. */
function withCalls<T>(
  body: (call: Calls<typeof SIGNATURES>) => LibcResult<T>,
): LibcResult<T> {
  opened ??= openLibrary(LIBC_PATHS, SIGNATURES);
  if (!opened.ok) return { ...opened, errno: 0 };
  return body(opened.library.call);
}

function failedCall<T>(action: string): LibcResult<T> {
  return withLibc((libc) => failed(action, lastErrno(libc)));
}
