/**
 * Messages that are sent while the connection may be lost. NATS' client drops what is published
 * until it has connected again.
 *
 * @module
 */

import { performance } from "node:perf_hooks";
import type { NatsConnection } from "./connection.ts";

/** For so long, others that have lost the server may not be back. */
const NEWLY_BACK_MS = 5_000;

/** Publishes now, or when the connection is back. */
export class Outbox {
  readonly #connection: NatsConnection;
  readonly #pauseMs: number;
  readonly #onBack: () => void;
  /** What waits for the connection; undefined while that is there. */
  #waiting: Set<() => void> | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #backAt = -Infinity;

  /**
   * @param pauseMs How long messages wait for their receivers when the connection is back.
   * @param onBack Called each time when the connection is back, before messages are published.
   */
  constructor(
    connection: NatsConnection,
    pauseMs: number,
    onBack: () => void = () => {},
  ) {
    this.#connection = connection;
    this.#pauseMs = pauseMs;
    this.#onBack = onBack;
    void this.#follow();
  }

  /** Whether the connection was lost until a moment ago. */
  get isNewlyBack(): boolean {
    return performance.now() - this.#backAt < NEWLY_BACK_MS;
  }

  /**
   * Runs a function that publishes a message.
   *
   * @returns Undefined if it has run; otherwise a function that takes it back, and says whether
   *   it has not run.
   */
  post(publish: () => void): (() => boolean) | undefined {
    const waiting = this.#waiting;
    if (waiting === undefined) {
      publish();
      return undefined;
    }
    waiting.add(publish);
    return () => waiting.delete(publish);
  }

  async #follow(): Promise<void> {
    for await (const { type } of this.#connection.status()) {
      if (type === "disconnect") {
        clearTimeout(this.#timer);
        this.#waiting ??= new Set();
      } else if (type === "reconnect") {
        this.#backAt = performance.now();
        this.#onBack();
        this.#timer = setTimeout(() => this.#flush(), this.#pauseMs);
      }
    }
    clearTimeout(this.#timer);
  }

  #flush(): void {
    const waiting = this.#waiting ?? new Set();
    this.#waiting = undefined;
    for (const publish of waiting) {
      waiting.delete(publish);
      try {
        publish();
      } catch {
        // A call that is not sent finds no answer.
      }
    }
  }
}
