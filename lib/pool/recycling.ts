/**
 * Replaces workers that have done nothing wrong.
 *
 * @module
 */

import { LoomError } from "../errors.ts";
import { TEARDOWN_MS, type WorkerThread } from "./worker_thread.ts";

/** What recycling needs from its pool. */
export interface RecyclingHost {
  /** Starts the next worker of a thread index, which waits for its turn. */
  prepare(thread: number): WorkerThread;
  /** The worker that has the index now. */
  current(thread: number): WorkerThread;
  /** Lets that worker end when it has no calls. */
  retire(thread: number): void;
  /** That worker has retired: the next one takes over. */
  takeOver(thread: number): void;
  /** Whether the pool ends its workers itself. */
  isStopping(): boolean;
}

/** The successors of the workers of a pool. */
export class Recycling {
  readonly #host: RecyclingHost;
  /** By thread index: what is under way. */
  readonly #underWay = new Map<number, Promise<void>>();
  /** Workers that are prepared, or about to be, and have no index yet. */
  readonly #successors = new Map<number, WorkerThread>();
  /** Workers that have retired and have not ended. */
  readonly #retired = new Set<WorkerThread>();
  #lastAll: Promise<void> = Promise.resolve();

  constructor(host: RecyclingHost) {
    this.#host = host;
  }

  /** Takes the worker that was prepared for a thread index, if there is one. */
  takeSuccessor(thread: number): WorkerThread | undefined {
    const successor = this.#successors.get(thread);
    this.#successors.delete(thread);
    return successor;
  }

  /** All threads of it that have no index. */
  get others(): WorkerThread[] {
    return [...this.#successors.values(), ...this.#retired];
  }

  /** Replaces workers one after another. */
  all(threads: readonly number[]): Promise<void> {
    const run = async () => {
      for (const thread of threads) await this.one(thread);
    };
    const all = this.#lastAll.then(run);
    this.#lastAll = all.catch(() => {});
    return all;
  }

  /**
   * Replaces a worker.
   *
   * @throws {LoomError} If its successor cannot be started. The worker stays.
   */
  one(thread: number): Promise<void> {
    let one = this.#underWay.get(thread);
    if (one === undefined) {
      one = this.#replace(thread)
        .finally(() => this.#underWay.delete(thread));
      this.#underWay.set(thread, one);
    }
    return one;
  }

  async #replace(thread: number): Promise<void> {
    const host = this.#host;
    if (host.isStopping()) return;
    const old = host.current(thread);
    const successor = host.prepare(thread);
    this.#successors.set(thread, successor);
    try {
      await successor.prepared;
    } catch (cause) {
      this.#successors.delete(thread);
      if (host.isStopping()) return;
      const text = cause instanceof Error ? cause.message : String(cause);
      throw new LoomError(`Cannot recycle worker ${thread}: ${text}`, {
        cause,
      });
    }
    if (!host.isStopping() && host.current(thread) === old) {
      host.retire(thread);
      await Promise.race([old.retired, old.ended]);
    }
    if (host.isStopping()) return;
    // If the old worker has ended by itself, its successor has taken over already.
    if (host.current(thread) === old) {
      this.#retired.add(old);
      host.takeOver(thread);
      old.end(TEARDOWN_MS).then(() => this.#retired.delete(old));
    }
    await successor.ready.catch(() => {});
  }
}
