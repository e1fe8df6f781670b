/**
 * Messages between threads, for objects that cannot be written into shared memory:
 * SharedArrayBuffers and ports. Not used on the hot path.
 *
 * @module
 */

import {
  type MessagePort,
  receiveMessageOnPort,
  type Transferable as NodeTransferable,
} from "node:worker_threads";
import { transferList } from "../codec/moved.ts";
import type { SharedReference } from "../codec/shared_memory.ts";

/** A message from one thread to another. */
export type Message =
  /** A SharedArrayBuffer; later payloads contain this reference to it. */
  | {
    readonly kind: "share";
    readonly reference: SharedReference;
    readonly buffer: SharedArrayBuffer;
  }
  /** Later payloads do not contain this reference. */
  | { readonly kind: "clear"; readonly reference: SharedReference }
  /** A worker was started or replaced; the port connects to it. */
  | {
    readonly kind: "thread";
    readonly thread: number;
    readonly serial: number;
    readonly port: MessagePort;
  }
  | MovedMessage;

/** Objects that the arguments or the result of a call contain: see moved_objects.ts. */
export interface MovedMessage {
  readonly kind: "move";
  /** Number of the call: see `Lane.firstCall`. */
  readonly call: number;
  readonly objects: readonly object[];
}

/** Takes the oldest message from a port, without waiting; undefined when there is none. */
export type Receive = (port: MessagePort) => { message: unknown } | undefined;

/** One thread's ports to all other threads. */
export class Mailbox {
  readonly #ports: (MessagePort | null)[];
  readonly #receive: Receive;
  /** Messages whose handling is not complete: it throws if no stack is left. */
  readonly #opening: Message[] = [];

  /**
   * @param ports By thread index; null for the thread itself and where no port is open.
   * @param receive Takes a message from a port.
   */
  constructor(
    ports: (MessagePort | null)[],
    receive: Receive = receiveMessageOnPort,
  ) {
    this.#ports = ports;
    this.#receive = receive;
  }

  /** Sends a message to another thread, which gets it when it next reads its mailbox. */
  post(thread: number, message: Message): void {
    this.#ports[thread]?.postMessage(message, transferOf(message));
  }

  /**
   * Replaces the port to a thread. First receives the messages of the old port: its worker
   * has ended, but results that it sent before may contain buffers in these messages.
   */
  replace(
    thread: number,
    port: MessagePort | null,
    open: (message: Message) => void,
  ): void {
    if (port === this.#ports[thread]) return;
    this.#collectFrom(thread, open);
    this.#ports[thread]?.close();
    this.#ports[thread] = port;
  }

  /** Receives all messages that have arrived, without waiting, the main thread's first. */
  collect(open: (message: Message) => void): void {
    // First the messages that an earlier attempt did not handle.
    for (let m = this.#opening.at(-1); m; m = this.#opening.at(-1)) {
      open(m);
      this.#opening.pop();
    }
    for (let thread = 0; thread < this.#ports.length; thread++) {
      this.#collectFrom(thread, open);
    }
  }

  /** Closes all ports, so that they keep no thread alive. */
  close(): void {
    for (let thread = 0; thread < this.#ports.length; thread++) {
      this.#ports[thread]?.close();
      this.#ports[thread] = null;
    }
  }

  #collectFrom(thread: number, open: (message: Message) => void): void {
    const port = this.#ports[thread];
    if (port === null) return;
    for (let m = this.#receive(port); m; m = this.#receive(port)) {
      const message = m.message as Message;
      this.#opening.push(message);
      open(message);
      this.#opening.pop();
    }
  }
}

function transferOf(message: Message): NodeTransferable[] {
  switch (message.kind) {
    case "thread":
      return [message.port];
    case "move":
      return transferList(message.objects) as NodeTransferable[];
    default:
      return [];
  }
}
