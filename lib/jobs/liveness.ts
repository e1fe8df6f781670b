/**
 * Whether a worker that a thread waits for is alive.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { readSystemFile } from "../placement/system_file.ts";

/**
 * Returns false when the worker with this serial number has ended. The main thread keeps
 * the serial numbers of the living workers up to date, which it cannot do while it blocks;
 * so this also looks into the kernel's list of threads, where that can be read.
 */
export function isAlive(endpoint: Endpoint, serial: number): boolean {
  if (!endpoint.isAlive(serial)) return false;
  const { control, thread } = endpoint;
  const id = control.threadId(serial % control.threadCount);
  // Where not even this thread is listed, there is no such list, or no permission to read.
  return id === 0 || isListed(id) || !isListed(control.threadId(thread));
}

function isListed(threadId: number): boolean {
  return readSystemFile(`/proc/self/task/${threadId}/comm`) !== undefined;
}
