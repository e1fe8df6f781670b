/**
 * Messages between threads for what cannot be written into shared memory: SharedArrayBuffers
 * themselves. Never on the hot path.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/** A message from one thread to another. */
export type Message =
  /** A SharedArrayBuffer that payloads name by this reference from now on. */
  | {
    readonly kind: "share";
    readonly reference: number;
    readonly buffer: SharedArrayBuffer;
  }
  /** No payload will name the reference any more. */
  | { readonly kind: "clear"; readonly reference: number }
  /** A worker was replaced; the port leads to the new one. */
  | {
    readonly kind: "thread";
    readonly thread: number;
    readonly port: MessagePort;
  };

/** One thread's ports to all the others. */
export class Mailbox {
  readonly #ports: (MessagePort | null)[];

  /** @param ports By thread index; null for the thread itself and where there is none. */
  constructor(ports: (MessagePort | null)[]) {
    this.#ports = ports;
  }

  /** Sends a message to another thread, which finds it when it next looks. */
  post(thread: number, message: Message): void {
    const transfer = message.kind === "thread" ? [message.port] : [];
    this.#ports[thread]?.postMessage(message, transfer);
  }

  /** Replaces the port to a thread. */
  attach(thread: number, port: MessagePort | null): void {
    this.#ports[thread]?.close();
    this.#ports[thread] = port;
  }

  /** Takes all messages that are there, without waiting; the main thread's first. */
  collect(open: (message: Message) => void): void {
    for (let thread = 0; thread < this.#ports.length; thread++) {
      const port = this.#ports[thread];
      if (port === null) continue;
      for (
        let m = receiveMessageOnPort(port);
        m;
        m = receiveMessageOnPort(port)
      ) {
        open(m.message as Message);
      }
    }
  }

  /** Closes all ports, so that they keep neither thread alive. */
  close(): void {
    for (let thread = 0; thread < this.#ports.length; thread++) {
      this.attach(thread, null);
    }
  }
}
