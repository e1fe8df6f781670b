/**
 * The CPUs that this process may use when none of its threads is pinned.
 *
 * @module
 */

import process from "node:process";
import { listFolder, readSmallFile } from "../../ffi/system_files.ts";
import { type AllowedCpus, allowedCpus } from "./pin.ts";
import { ProcessRecord } from "./process_record.ts";

/** How far up to look for a program that has pinned the thread which started this one. */
const MAX_ANCESTORS = 16;

/**
 * Returns the CPUs of the process. The kernel's mask of the calling thread says otherwise
 * where a pinned thread has started it: another isolate or an earlier run in this process,
 * or another program that uses the library.
 */
export function findProcessCpus(): AllowedCpus {
  const own = allowedCpus();
  if (own.source !== "affinity" || own.cpus.length !== 1) return own;
  const cpus = cpusOfThisProcess(own.cpus[0]) ?? cpusOfAncestor(own.cpus[0]);
  return cpus === undefined || cpus.length === 0 ? own : { ...own, cpus };
}

function cpusOfThisProcess(cpu: number): number[] | undefined {
  const record = ProcessRecord.find();
  return record?.pinnedCpus().has(cpu) ? record.cpus : undefined;
}

/**
 * The CPUs of the nearest program above this one that has a record, if a thread of it that is
 * pinned to `cpu` has started this process or a program between.
 */
function cpusOfAncestor(cpu: number): number[] | undefined {
  let child = process.pid;
  for (let i = 0; i < MAX_ANCESTORS; i++) {
    const parent = parentOf(child);
    if (parent === undefined || parent <= 1) return undefined;
    const found = ProcessRecord.readOf(parent, (record) => {
      const starter = threadThatStarted(child, parent);
      return starter !== undefined && record.pinnedCpu(starter) === cpu
        ? record.cpus
        : [];
    });
    if (found !== undefined) return found;
    child = parent;
  }
  return undefined;
}

function parentOf(processId: number): number | undefined {
  const status = readSmallFile(`/proc/${processId}/status`);
  const match = status.ok ? /^PPid:\s*(\d+)$/m.exec(status.value) : null;
  return match === null ? undefined : Number(match[1]);
}

function threadThatStarted(
  child: number,
  parent: number,
): number | undefined {
  const tasks = listFolder(`/proc/${parent}/task`);
  const started = tasks.ok && tasks.value.find((threadId) => {
    const children = readSmallFile(`/proc/${parent}/task/${threadId}/children`);
    return children.ok && children.value.split(" ").includes(`${child}`);
  });
  return started ? Number(started) : undefined;
}
