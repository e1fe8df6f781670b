/**
 * A Worker, postMessage() and a number for each call: the bare means of the runtime, without
 * a pool.
 *
 * @module
 */

import type { Pool } from "./pool.ts";

/** A request: the operation, its number, its argument. */
export type Request = readonly [
  "addOne" | "echo" | "lengthOf" | "pass" | "busy",
  number,
  unknown,
];

/**
 * Starts that many workers; each call goes to the next of them. It waits for no answer: the
 * start-up of a bare worker is the time until it answers one message.
 */
export function start(count: number): Promise<Pool> {
  const settle = new Map<number, (value: unknown) => void>();
  const workers = Array.from({ length: count }, () => {
    const url = new URL("raw_worker_entry.ts", import.meta.url);
    const worker = new Worker(url, { type: "module" });
    worker.onmessage = ({ data: [id, value] }) => {
      settle.get(id)!(value);
      settle.delete(id);
    };
    return worker;
  });
  let calls = 0;
  const call = (
    operation: Request[0],
    value: unknown,
    transfer: Transferable[] = [],
  ) =>
    new Promise<unknown>((resolve) => {
      const id = calls++;
      settle.set(id, resolve);
      workers[id % count].postMessage([operation, id, value], transfer);
    });
  const transfer = (bytes: Uint8Array) =>
    call("pass", bytes, [bytes.buffer as ArrayBuffer]) as Promise<Uint8Array>;
  return Promise.resolve({
    addOne: (n) => call("addOne", n) as Promise<number>,
    echo: (value) => call("echo", value) as Promise<never>,
    lengthOf: (bytes) => call("lengthOf", bytes) as Promise<number>,
    pass: transfer,
    move: transfer,
    passable: (size) => new Uint8Array(size),
    busy: (ms) => call("busy", ms),
    close: () => {
      for (const worker of workers) worker.terminate();
      return Promise.resolve();
    },
  });
}
