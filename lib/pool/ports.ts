/**
 * The ports between threads.
 *
 * @module
 */

import { MessageChannel, type MessagePort } from "node:worker_threads";
import type { Endpoint } from "../calls/endpoint.ts";

/**
 * Connects a new thread with the main thread and with the other threads that there are, which
 * get their ends by mailbox.
 *
 * @param main The endpoint of the main thread, which calls this.
 * @param serial Serial number of the new thread.
 * @param isThere Whether there is another thread of this index.
 * @returns The ends of the new thread, by thread index.
 */
export function openPorts(
  { control, mailbox, sharedBuffers }: Endpoint,
  thread: number,
  serial: number,
  isThere: (other: number) => boolean,
): (MessagePort | null)[] {
  return control.parkers.map((_, other) => {
    if (other !== 0 && (other === thread || !isThere(other))) return null;
    const { port1, port2 } = new MessageChannel();
    if (other === 0) sharedBuffers.attach(thread, serial, port2);
    else mailbox.post(other, { kind: "thread", thread, serial, port: port2 });
    return port1;
  });
}
