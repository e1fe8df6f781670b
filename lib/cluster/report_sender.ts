/**
 * The reports of one call, from a host to its caller.
 *
 * @module
 */

import { performance } from "node:perf_hooks";

/** At most one report in this time. */
const PAUSE_MS = 20;

/**
 * Sends the newest report, and not more of them than a caller can use: a task may report in
 * each step of a loop.
 */
export class ReportSender {
  readonly #send: (report: Uint8Array) => void;
  #sentAt = -Infinity;
  /** The newest report, while it waits for its time. */
  #waiting: Uint8Array | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param send Sends the message of a report; must not throw. */
  constructor(send: (report: Uint8Array) => void) {
    this.#send = send;
  }

  /** Sends a report, or keeps it until it is its time. */
  report(report: Uint8Array): void {
    this.#waiting = report;
    const leftMs = this.#sentAt + PAUSE_MS - performance.now();
    if (leftMs <= 0) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), leftMs);
  }

  /** Sends the newest report if it has not been sent. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#waiting === undefined) return;
    this.#sentAt = performance.now();
    this.#send(this.#waiting);
    this.#waiting = undefined;
  }
}
