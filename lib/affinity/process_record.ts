/**
 * What all isolates, copies and reloads of the library in one process know about its CPUs:
 * those that the process may use, and which threads are pinned on purpose.
 *
 * The record is a file in memory that belongs to the process. It is found by its name in
 * `/proc/self/fd`, and child processes find that of their parent in the same way.
 *
 * @module
 */

import {
  cpusFromMask,
  maskFromCpus,
  MAX_MASK_BYTES,
} from "../../ffi/cpu_mask.ts";
import {
  closeFile,
  createMemoryFile,
  type FileNumber,
  linkTarget,
  readAt,
  reopen,
  writeAt,
} from "../../ffi/shared_files.ts";
import { listFolder } from "../../ffi/system_files.ts";

/** Changes with the layout, so that other versions do not read it. */
const NAME = "loom-cpus-1";

// The file, in bytes:
//   MASK_OFFSET     the CPUs of the process, as the kernel's mask
//   THREADS_OFFSET  an entry for each thread id, at ENTRY_BYTES times the id
// An entry is two Int32: the CPU that the thread is pinned to plus 1, or 0; and for a thread
// that has built a runtime, the file that reserves its CPUs, or 0. Entries are written in one
// piece, each by one thread at a time, so no lock is needed. Most of the file is a hole.
const MASK_OFFSET = 0;
const THREADS_OFFSET = MAX_MASK_BYTES;
const ENTRY_BYTES = 8;

/** One thread as recorded. */
export interface RecordedThread {
  /** The CPU that it is pinned to; null if it is not pinned, or only for now not. */
  readonly cpu: number | null;
  /** The file that reserves CPUs for its runtimes; 0 if there is none. */
  readonly reservation: FileNumber;
}

/** That of this process, which stays open until its end. */
let found: ProcessRecord | undefined;

/** The record of one process. */
export class ProcessRecord {
  /** The open file, which every thread of the process can use. */
  readonly file: FileNumber;

  /** @param file An open record. */
  constructor(file: FileNumber) {
    this.file = file;
  }

  /** The record of this process; undefined if there is none yet. */
  static find(): ProcessRecord | undefined {
    if (found !== undefined) return found;
    const name = recordIn("/proc/self/fd");
    if (name !== undefined) found = new ProcessRecord(Number(name));
    return found;
  }

  /** Finds or creates the record of this process; undefined if that is not possible. */
  static findOrCreate(): ProcessRecord | undefined {
    if (ProcessRecord.find() !== undefined) return found;
    const created = createMemoryFile(NAME);
    if (!created.ok) return undefined;
    // Another isolate may have created one at the same time. The lower number wins.
    if (ProcessRecord.find()?.file !== created.value) closeFile(created.value);
    return found;
  }

  /** Runs `read` with the record of another process, if it has one that may be read. */
  static readOf<T>(
    processId: number,
    read: (record: ProcessRecord) => T,
  ): T | undefined {
    const folder = `/proc/${processId}/fd`;
    const name = recordIn(folder);
    if (name === undefined) return undefined;
    const opened = reopen(`${folder}/${name}`);
    if (!opened.ok) return undefined;
    try {
      return read(new ProcessRecord(opened.value));
    } finally {
      closeFile(opened.value);
    }
  }

  /** The CPUs that the process may use when none of its threads is pinned. */
  get cpus(): number[] {
    const mask = new Uint8Array(MAX_MASK_BYTES);
    readAt(this.file, mask, MASK_OFFSET);
    return cpusFromMask(mask);
  }

  /** Sets the CPUs that the process may use. */
  set cpus(cpus: readonly number[]) {
    const mask = new Uint8Array(MAX_MASK_BYTES);
    mask.set(maskFromCpus(cpus) ?? []);
    writeAt(this.file, mask, MASK_OFFSET);
  }

  /** What is recorded of a thread; undefined if nothing is. */
  thread(threadId: number): RecordedThread | undefined {
    const bytes = new Uint8Array(ENTRY_BYTES);
    readAt(this.file, bytes, entryOffset(threadId));
    const [cpuAndOne, reservation] = new Int32Array(bytes.buffer);
    if (cpuAndOne === 0 && reservation === 0) return undefined;
    return { cpu: cpuAndOne === 0 ? null : cpuAndOne - 1, reservation };
  }

  /** The CPU that a thread is pinned to now; null if it is not pinned. */
  pinnedCpu(threadId: number): number | null {
    return this.thread(threadId)?.cpu ?? null;
  }

  /** Records a thread, or with undefined forgets it. */
  setThread(threadId: number, thread: RecordedThread | undefined): void {
    const entry = new Int32Array(2);
    if (thread !== undefined) {
      entry[0] = thread.cpu === null ? 0 : thread.cpu + 1;
      entry[1] = thread.reservation;
    }
    writeAt(this.file, new Uint8Array(entry.buffer), entryOffset(threadId));
  }

  /** The CPUs of the threads that are pinned and run. */
  pinnedCpus(threadIds: readonly number[] = ownThreadIds()): Set<number> {
    const cpus = threadIds.map((threadId) => this.pinnedCpu(threadId));
    return new Set(cpus.filter((cpu) => cpu !== null));
  }
}

/** The ids of all threads of this process. */
export function ownThreadIds(): number[] {
  const tasks = listFolder("/proc/self/task");
  return tasks.ok ? tasks.value.map(Number) : [];
}

function entryOffset(threadId: number): number {
  return THREADS_OFFSET + threadId * ENTRY_BYTES;
}

/** The name of the record in a folder of open files: the lowest, if there are several. */
function recordIn(folder: string): string | undefined {
  const files = listFolder(folder);
  if (!files.ok) return undefined;
  return files.value.toSorted((a, b) => Number(a) - Number(b)).find((name) => {
    const target = linkTarget(`${folder}/${name}`);
    return target.ok && target.value.startsWith(`/memfd:${NAME} `);
  });
}
