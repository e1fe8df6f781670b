/**
 * Reads files of `/proc` and `/sys` through libc, which needs only `--allow-ffi` in Deno;
 * Deno's own file functions need `--allow-all` for them.
 *
 * @module
 */

import process from "node:process";
import {
  cString,
  done,
  failed,
  lastErrno,
  type Libc,
  type LibcResult,
  withLibc,
} from "./libc.ts";

// Both flags have these values on x86-64 and arm64.
const O_RDONLY = 0;
const O_CLOEXEC = 0x80000;

const CHUNK_BYTES = 4096;

/** The number of getdents64(), which old C libraries do not export. */
const SYS_GETDENTS64 = process.arch === "x64" ? 217n : 61n;

/** Reads a small file as text, up to `limitBytes`. */
export function readSmallFile(
  path: string,
  limitBytes = 65_536,
): LibcResult<string> {
  return withOpenFile(path, (libc, file) => {
    const decoder = new TextDecoder();
    const chunk = new Uint8Array(CHUNK_BYTES);
    let text = "";
    let totalBytes = 0;
    while (totalBytes < limitBytes) {
      // SAFETY: `chunk` outlives this synchronous call, and its length is passed.
      const got = Number(libc.call.read(file, chunk, BigInt(chunk.length)));
      if (got < 0) return failed(`read "${path}"`, lastErrno(libc));
      if (got === 0) break;
      totalBytes += got;
      text += decoder.decode(chunk.subarray(0, got), { stream: true });
    }
    return done(text + decoder.decode());
  });
}

/** Lists the names in a folder, in the kernel's order, without `.` and `..`. */
export function listFolder(path: string): LibcResult<string[]> {
  return withOpenFile(path, (libc, file) => {
    const names: string[] = [];
    const chunk = new Uint8Array(CHUNK_BYTES);
    while (true) {
      // SAFETY: the kernel writes at most `chunk.length` bytes into `chunk`, which
      // outlives this synchronous call.
      const got = Number(
        libc.call.syscall(
          SYS_GETDENTS64,
          BigInt(file),
          chunk,
          BigInt(chunk.length),
          0n,
        ),
      );
      if (got < 0) return failed(`list "${path}"`, lastErrno(libc));
      if (got === 0) return done(names);
      collectNames(chunk.subarray(0, got), names);
    }
  });
}

// struct linux_dirent64: u64 ino @0, i64 off @8, u16 record length @16, u8 type @18,
// then the name and its closing zero.
const RECORD_LENGTH_OFFSET = 16;
const NAME_OFFSET = 19;

function collectNames(records: Uint8Array, names: string[]): void {
  const decoder = new TextDecoder();
  let start = 0;
  while (start < records.length) {
    const recordLength = records[start + RECORD_LENGTH_OFFSET] |
      records[start + RECORD_LENGTH_OFFSET + 1] << 8;
    const nameStart = start + NAME_OFFSET;
    const nameEnd = records.indexOf(0, nameStart);
    const name = decoder.decode(records.subarray(nameStart, nameEnd));
    if (name !== "." && name !== "..") names.push(name);
    start += recordLength;
  }
}

function withOpenFile<T>(
  path: string,
  body: (libc: Libc, file: number) => LibcResult<T>,
): LibcResult<T> {
  return withLibc((libc) => {
    // SAFETY: the string ends in a zero byte and outlives this synchronous call.
    // open() is variadic, but without O_CREAT it reads no further argument.
    const file = libc.call.open(cString(path), O_RDONLY | O_CLOEXEC);
    if (file < 0) return failed(`open "${path}"`, lastErrno(libc));
    try {
      return body(libc, file);
    } finally {
      // SAFETY: `file` was opened above and is closed only here.
      libc.call.close(file);
    }
  });
}
