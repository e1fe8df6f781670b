/**
 * Whether a worker that others wait for has ended.
 *
 * @module
 */

import { existsSync } from "node:fs";
import type { Endpoint } from "../calls/endpoint.ts";

/**
 * False when the worker with this serial number has ended. The serial numbers of the living
 * are kept by the main thread, which cannot learn of an end while it blocks; so the kernel
 * is asked, too, where it tells.
 */
export function isAlive(endpoint: Endpoint, serial: number): boolean {
  if (!endpoint.isAlive(serial)) return false;
  const { control, thread } = endpoint;
  const id = control.threadId(serial % control.threadCount);
  // If it does not tell of this thread either, that may not be Linux, or not be permitted.
  return id === 0 || isListed(id) || !isListed(control.threadId(thread));
}

function isListed(threadId: number): boolean {
  return existsSync(`/proc/self/task/${threadId}`);
}
