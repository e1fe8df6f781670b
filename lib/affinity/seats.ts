/**
 * The file in which programs reserve CPUs for their threads.
 *
 * @module
 */

import {
  type ByteRange,
  closeFile,
  type FileNumber,
  lockedIn,
  makeSharedFolder,
  openShared,
  readAt,
  tryLock,
  unlock,
  writeAt,
} from "../../ffi/shared_files.ts";
import type { ThreadRole } from "../placement/names.ts";

// The file has a record for each seat, and SEATS_PER_CPU seats for each CPU:
//   word  name     meaning
//   0     PROCESS  process id of the program that has the seat
//   1     ROLE     1 for an event loop, 2 for a compute worker
// A seat is taken while its record is locked. The kernel gives the lock back when the
// program ends, however it ends, so a record without a lock means nothing. Before the first
// seat is a record that a program locks while it chooses CPUs.
const RECORD_BYTES = 8;
const SEATS_PER_CPU = 64;
const CPU_BYTES = SEATS_PER_CPU * RECORD_BYTES;
const FIRST_SEAT = RECORD_BYTES;
const ROLES: readonly (ThreadRole | undefined)[] = [
  undefined,
  "async",
  "compute",
];

const CHOICE: ByteRange = { start: 0, length: RECORD_BYTES };

const ENOENT = 2;

/** A thread that has a seat. */
export interface SeatedThread {
  /** Its CPU. */
  readonly cpu: number;
  /** Event loop or compute worker. */
  readonly role: ThreadRole;
  /** The process that it belongs to. */
  readonly processId: number;
}

/** A seat that this program has. */
export type Seat = ByteRange;

/** The file with its seats. Closing it gives all seats back. */
export class SeatFile {
  /** Where it is. */
  readonly path: string;
  /** The open file. */
  readonly file: FileNumber;
  /** Where own seats start: the kernel lets an open file lock what it has locked. */
  readonly #own = new Set<number>();

  private constructor(path: string, file: FileNumber) {
    this.path = path;
    this.file = file;
  }

  /**
   * Opens the file in the first of `folders` that permits it.
   *
   * @returns The file, or why it cannot be used in any of the folders.
   */
  static open(folders: readonly string[]): SeatFile | string {
    const failures: string[] = [];
    for (const folder of folders) {
      const path = `${folder}/loom/cpus`;
      let opened = openShared(path);
      if (!opened.ok && opened.errno === ENOENT) {
        // Only then: in a folder of all users, the kernel refuses to create what is there.
        makeSharedFolder(`${folder}/loom`);
        opened = openShared(path, { create: true });
      }
      if (opened.ok) return new SeatFile(path, opened.value);
      failures.push(opened.message);
    }
    return failures.join("; ");
  }

  /** Begins to choose CPUs; false while another program does. */
  tryBeginChoice(): boolean {
    const locked = tryLock(this.file, CHOICE);
    return locked.ok && locked.value;
  }

  /** Ends what {@linkcode SeatFile.tryBeginChoice} has begun. */
  endChoice(): void {
    unlock(this.file, CHOICE);
  }

  /** The threads that other open files have seated on CPUs below `cpuCount`. */
  seated(cpuCount: number): SeatedThread[] {
    const threads: SeatedThread[] = [];
    const open: ByteRange[] = [
      { start: FIRST_SEAT, length: cpuCount * CPU_BYTES },
    ];
    // The kernel shows any one locked part of a range, so look on both sides of it.
    for (let range = open.pop(); range !== undefined; range = open.pop()) {
      const locked = lockedIn(this.file, range);
      if (!locked.ok || locked.value === undefined) continue;
      const start = Math.max(locked.value.start, range.start);
      const end = Math.min(
        locked.value.start + locked.value.length,
        range.start + range.length,
      );
      for (let at = start; at < end; at += RECORD_BYTES) {
        threads.push(this.#read(at));
      }
      if (start > range.start) {
        open.push({ start: range.start, length: start - range.start });
      }
      const rest = range.start + range.length - end;
      if (rest > 0) open.push({ start: end, length: rest });
    }
    return threads.sort((a, b) => a.cpu - b.cpu);
  }

  /** Takes a seat; undefined if all seats of the CPU are taken. */
  take({ cpu, role, processId }: SeatedThread): Seat | undefined {
    for (let seat = 0; seat < SEATS_PER_CPU; seat++) {
      const start = FIRST_SEAT + cpu * CPU_BYTES + seat * RECORD_BYTES;
      if (this.#own.has(start)) continue;
      const range = { start, length: RECORD_BYTES };
      const locked = tryLock(this.file, range);
      if (!locked.ok) return undefined;
      if (!locked.value) continue;
      const record = Int32Array.of(processId, ROLES.indexOf(role));
      writeAt(this.file, new Uint8Array(record.buffer), start);
      this.#own.add(start);
      return range;
    }
    return undefined;
  }

  /** Gives a seat back. */
  giveBack(seat: Seat): void {
    if (this.#own.delete(seat.start)) unlock(this.file, seat);
  }

  /** Closes the file. */
  close(): void {
    closeFile(this.file);
  }

  #read(start: number): SeatedThread {
    const bytes = new Uint8Array(RECORD_BYTES);
    readAt(this.file, bytes, start);
    const [processId, role] = new Int32Array(bytes.buffer);
    return {
      cpu: Math.floor((start - FIRST_SEAT) / CPU_BYTES),
      role: ROLES[role] ?? "compute",
      processId,
    };
  }
}
