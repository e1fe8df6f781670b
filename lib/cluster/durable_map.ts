/**
 * Maps a source through the work queue of a group.
 *
 * 1. The caller stores each item under its index, with at most `concurrency` items in flight.
 * 2. Hosts store results under the same index: at least one for each item.
 * 3. The caller takes the first result of each item. What it has taken is in the state of
 *    the map, which it writes behind the consumer.
 * 4. A caller that starts again reads the state, skips items whose results are taken, and
 *    does not send those again that the queue has, or that have results.
 *
 * @module
 */

import {
  iteratorOf,
  type Source,
  type SourceIterator,
} from "../streams/source.ts";
import type { Carrier } from "../observers/observers.ts";
import { headerBytes, uniqueName } from "./connection.ts";
import type { ItemOutcome } from "./item_results.ts";
import { ItemSender } from "./item_sender.ts";
import { MapState } from "./map_state.ts";
import type { Payloads } from "./payloads.ts";
import { ResultReader } from "./result_reader.ts";
import type { Streams } from "./streams.ts";
import type { ClusterPriority, ItemRange, Subjects } from "./subjects.ts";

/** What a map needs. */
export interface DurableMapHost {
  readonly streams: Streams;
  readonly subjects: Subjects;
  readonly payloads: Payloads;
  /** Version of the tasks, if hosts should check it. */
  readonly version: string | undefined;
}

/** What is mapped, and how. */
export interface DurableMapPlan {
  readonly source: Source<unknown>;
  readonly task: string;
  readonly name: string;
  readonly group: string;
  readonly priority: ClusterPriority;
  readonly concurrency: number;
  readonly ordered: boolean;
  readonly signal: AbortSignal | undefined;
  /** What goes with the items. */
  readonly carrier: Carrier | undefined;
}

/** Without order, items so many times `concurrency` may be ahead of the slowest one. */
const AHEAD = 8;
/** Items that are sent until it is known how many should share a message. */
const COLD = 32;
/** After this time without a result, items take long. */
const COLD_MS = 1_000;
/** How long a map that failed tries to store what was taken. */
const GRACE_MS = 2_000;

/** One run of a map, from when the consumer asks for the first result. */
export class DurableMap {
  readonly #host: DurableMapHost;
  readonly #plan: DurableMapPlan;
  /** Results that came and are not taken. */
  readonly #arrived = new Map<number, ItemOutcome>();
  /** Items that need not be sent. */
  readonly #covered = new Set<number>();
  #state!: MapState;
  #reader!: ResultReader;
  #sender!: ItemSender;
  #iterator: SourceIterator<unknown> | undefined;
  /** Items that were read, and whose results are not taken. */
  readonly #inFlight = new Set<number>();
  /** Aborted when nothing more is sent. */
  readonly #stopped = new AbortController();
  /** Distinguishes messages of this caller from those of callers before it. */
  readonly #attempt = uniqueName();
  /** Number of items, when the source has ended. */
  #total: number | undefined;
  #failure: { readonly reason: unknown } | undefined;
  #sourceFailure: { readonly reason: unknown } | undefined;
  #isStopped = false;
  /** Whether it is known how long items take, or that they take long. */
  #isWarm = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #changed = Promise.withResolvers<void>();

  constructor(host: DurableMapHost, plan: DurableMapPlan) {
    this.#host = host;
    this.#plan = plan;
  }

  /** Yields the results. */
  async *results(): AsyncGenerator<unknown, void, void> {
    const { signal } = this.#plan;
    const onAbort = () => this.#fail(signal!.reason);
    signal?.throwIfAborted();
    signal?.addEventListener("abort", onAbort);
    try {
      await this.#open();
      for (;;) {
        const next = await this.#next();
        if (next === undefined) break;
        const [index, outcome] = next;
        this.#arrived.delete(index);
        try {
          if (outcome.status === "rejected") throw outcome.reason;
          yield outcome.value;
        } finally {
          this.#take(index);
        }
      }
      await this.#finish();
    } finally {
      signal?.removeEventListener("abort", onAbort);
      await this.#stop();
    }
  }

  async #open(): Promise<void> {
    const { streams, subjects } = this.#host;
    const { name, task } = this.#plan;
    await streams.open();
    const opened = await MapState.open(streams, subjects.map(name), task);
    const { run } = this.#state = opened.state;
    if (opened.isNew) await removeRuns(streams, subjects, name);
    else await this.#findCovered(run);
    this.#reader = new ResultReader({
      ...this.#host,
      subject: subjects.runResults(name, run),
      isTaken: (index) => this.#state.isTaken(index),
      arrived: (range, outcomes, us) => this.#receive(range, outcomes, us),
    });
    this.#sender = this.#createSender(run);
    const fail = (error: unknown) => this.#fail(error);
    this.#reader.run().catch(fail);
    this.#read().catch(fail);
  }

  /**
   * Finds items that were sent before this caller started. The queue first: a host stores
   * the results of an item before the item leaves the queue.
   */
  async #findCovered(run: string): Promise<void> {
    const { streams, subjects } = this.#host;
    const { name } = this.#plan;
    const found = await streams.ranges("work", subjects.mapWork(name, run));
    found.push(
      ...await streams.ranges("result", subjects.runResults(name, run)),
    );
    for (const { first, count } of found) {
      for (let i = first; i < first + count; i++) {
        if (!this.#state.isTaken(i)) this.#covered.add(i);
      }
    }
  }

  #createSender(run: string): ItemSender {
    const { streams, subjects, payloads, version } = this.#host;
    const { name, task, group, priority, concurrency, carrier } = this.#plan;
    const { signal } = this.#stopped;
    const subject = subjects.runWork(group, priority, { task, map: name, run });
    return new ItemSender({
      payloads,
      version,
      besides: carrier === undefined ? 0 : headerBytes(carrier),
      maxItems: Math.ceil(concurrency / 8),
      publish: (range, bytes) =>
        streams.publish(
          `${subject}.${range}`,
          bytes,
          // Not the same as before a restart: then the item is not there any more.
          `${run}.${range}.${this.#attempt}`,
          { signal, carrier },
        ),
      fail: (index, outcome) => {
        this.#arrived.set(index, outcome);
        this.#change();
      },
      broken: (error) => this.#fail(error),
    });
  }

  /** Reads the source, as far as items may be in flight. */
  async #read(): Promise<void> {
    this.#timer = setTimeout(() => {
      this.#isWarm = true;
      this.#change();
    }, COLD_MS);
    const iterator = this.#iterator = iteratorOf(
      this.#plan.source,
      "map source",
    );
    for (let index = 0;; index++) {
      if (!this.#state.isTaken(index)) await this.#room(index);
      if (this.#isStopped) return;
      let step: IteratorResult<unknown>;
      try {
        step = await iterator.next();
      } catch (reason) {
        this.#sourceFailure = { reason };
        step = { done: true, value: undefined };
      }
      if (this.#isStopped) return;
      if (step.done) {
        this.#total = index;
        this.#iterator = undefined;
        break;
      }
      if (this.#state.isTaken(index)) continue;
      this.#inFlight.add(index);
      if (!this.#covered.delete(index)) this.#sender.add(index, step.value);
    }
    this.#sender.flush();
    this.#change();
  }

  async #room(index: number): Promise<void> {
    const { concurrency, ordered } = this.#plan;
    const ahead = ordered ? concurrency : AHEAD * concurrency;
    const mayRead = (items: number) => {
      const most = this.#isWarm ? concurrency : Math.min(concurrency, COLD);
      return this.#inFlight.size + items <= most &&
        index < this.#state.below + ahead;
    };
    if (mayRead(1)) return;
    // Room for a whole message: otherwise, messages would stay as small as they are.
    while (!this.#isStopped && !mayRead(this.#sender.size)) {
      await this.#changed.promise;
    }
  }

  #receive(
    { first, count }: ItemRange,
    outcomes: ItemOutcome[],
    microseconds: number,
  ): void {
    if (microseconds > 0) this.#sender.learn(count, microseconds);
    this.#isWarm = true;
    outcomes.forEach((outcome, i) => {
      const index = first + i;
      if (this.#state.isTaken(index) || this.#arrived.has(index)) return;
      this.#arrived.set(index, outcome);
    });
    this.#change();
  }

  /** Returns the next result; undefined when there is no other. */
  async #next(): Promise<[number, ItemOutcome] | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure.reason;
      const found = this.#nextArrived();
      if (found !== undefined) return found;
      if (this.#total !== undefined && this.#state.below >= this.#total) {
        if (this.#sourceFailure !== undefined) throw this.#sourceFailure.reason;
        return undefined;
      }
      await this.#changed.promise;
    }
  }

  #nextArrived(): [number, ItemOutcome] | undefined {
    if (!this.#plan.ordered) {
      for (const entry of this.#arrived) return entry;
      return undefined;
    }
    const { below } = this.#state;
    const outcome = this.#arrived.get(below);
    return outcome === undefined ? undefined : [below, outcome];
  }

  #take(index: number): void {
    this.#state.take(index);
    this.#inFlight.delete(index);
    this.#change();
    this.#state.commit().then(
      () => this.#reader.removeTaken(),
      (error) => this.#fail(error),
    );
  }

  /** Removes all that the server has of the map. */
  async #finish(): Promise<void> {
    const { streams, subjects } = this.#host;
    const { name } = this.#plan;
    await this.#reader.stop();
    await this.#reader.releaseAll();
    await removeRuns(streams, subjects, name);
    await this.#state.remove();
  }

  async #stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    this.#change();
    // What is not sent yet, the next caller sends.
    this.#stopped.abort();
    clearTimeout(this.#timer);
    // Not awaited: a source may take as long as it likes to end.
    void Promise.resolve(this.#iterator?.return?.()).catch(() => {});
    await this.#reader?.stop();
    const committed = this.#state?.commit();
    if (this.#failure === undefined) await committed;
    else {
      // The failure counts, not what follows from it; the server may be away for long.
      const pause = new Promise((resolve) => setTimeout(resolve, GRACE_MS));
      await Promise.race([committed, pause]).catch(() => {});
    }
  }

  #fail(reason: unknown): void {
    this.#failure ??= { reason };
    this.#change();
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** Removes items and results of all runs of a map. */
export async function removeRuns(
  streams: Streams,
  subjects: Subjects,
  name: string,
): Promise<void> {
  await streams.purge("work", `${subjects.mapWork(name, "*")}.*`);
  await streams.purge("result", `${subjects.runResults(name, "*")}.*`);
}
