/**
 * Messages between threads, for objects that cannot be written into shared memory:
 * SharedArrayBuffers and ports. Not used on the hot path.
 *
 * @module
 */

import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";

/** A message from one thread to another. */
export type Message =
  /** A SharedArrayBuffer; later payloads contain this reference to it. */
  | {
    readonly kind: "share";
    readonly reference: number;
    readonly buffer: SharedArrayBuffer;
  }
  /** Later payloads do not contain this reference. */
  | { readonly kind: "clear"; readonly reference: number }
  /** A worker was started or replaced; the port connects to it. */
  | {
    readonly kind: "thread";
    readonly thread: number;
    readonly port: MessagePort;
  };

/** One thread's ports to all other threads. */
export class Mailbox {
  readonly #ports: (MessagePort | null)[];

  /** @param ports By thread index; null for the thread itself and where no port is open. */
  constructor(ports: (MessagePort | null)[]) {
    this.#ports = ports;
  }

  /** Sends a message to another thread, which gets it when it next reads its mailbox. */
  post(thread: number, message: Message): void {
    const transfer = message.kind === "thread" ? [message.port] : [];
    this.#ports[thread]?.postMessage(message, transfer);
  }

  /** Replaces the port to a thread. */
  attach(thread: number, port: MessagePort | null): void {
    this.#ports[thread]?.close();
    this.#ports[thread] = port;
  }

  /** Receives all messages that have arrived, without waiting, the main thread's first. */
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

  /** Closes all ports, so that they keep no thread alive. */
  close(): void {
    for (let thread = 0; thread < this.#ports.length; thread++) {
      this.attach(thread, null);
    }
  }
}
