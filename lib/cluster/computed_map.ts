/**
 * `computeMap` on a cluster: of calls, or durable.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { ObservedIteration } from "../observers/observed_iteration.ts";
import { ConcurrentMap } from "../streams/concurrent_map.ts";
import type { Source } from "../streams/source.ts";
import type { NatsConnection } from "./connection.ts";
import type { DurableMapPlan } from "./durable_map.ts";
import { beginSending } from "./observed_calls.ts";
import type { Payloads } from "./payloads.ts";
import { checkToken, type ClusterPriority, type Subjects } from "./subjects.ts";
import type { Streams } from "./streams.ts";

/** Options of {@linkcode Cluster.computeMap}. */
export interface ClusterMapOptions {
  /** Most items in flight: 64 calls by default, 1,024 items of a durable map. */
  readonly concurrency?: number;
  /** Whether results are in the order of their items. Defaults to true. */
  readonly ordered?: boolean;
  /** Ends the mapping when aborted. */
  readonly signal?: AbortSignal;
  /**
   * Name of the map, under which a caller that starts again goes on with it. Items and
   * results are kept by the server.
   */
  readonly durable?: string;
  /** The group of hosts. */
  readonly group?: string;
  /** How urgent the items are: `"normal"` by default. */
  readonly priority?: ClusterPriority;
}

/** Options of a durable map, those that the cluster knows among them. */
export interface DurableOptions extends ClusterMapOptions {
  readonly durable: string;
  readonly group: string;
}

const CALLS_IN_FLIGHT = 64;
const ITEMS_IN_FLIGHT = 1024;

/**
 * Maps a source by one call for each item.
 *
 * @param call Gets a signal that is aborted when the mapping ends before the call.
 */
export function mapItems<T, R>(
  source: Source<T>,
  call: (item: T, signal: AbortSignal) => Promise<R>,
  options: ClusterMapOptions,
): AsyncIterableIterator<R> {
  const { concurrency = CALLS_IN_FLIGHT, ordered, signal } = options;
  const left = new AbortController();
  return new ConcurrentMap(source, {
    workers: concurrency,
    one: (item) => call(item, left.signal),
    several: () => undefined,
    takesSeveral: () => false,
    rest: () => {},
    hurry: () => {},
    cancel: (reason) => left.abort(reason),
  }, { concurrency, ordered, signal });
}

/** The durable maps of a caller. JetStream's client is loaded with the first. */
export class DurableMaps {
  readonly #connection: NatsConnection;
  readonly #subjects: Subjects;
  readonly #payloads: Payloads;
  readonly #version: string | undefined;
  #streams: Promise<Streams> | undefined;

  constructor(
    connection: NatsConnection,
    subjects: Subjects,
    payloads: Payloads,
    version: string | undefined,
  ) {
    this.#connection = connection;
    this.#subjects = subjects;
    this.#payloads = payloads;
    this.#version = version;
  }

  /** Maps a source durably. Nothing happens before the first result is asked for. */
  map<R>(
    source: Source<unknown>,
    task: string,
    options: DurableOptions,
  ): AsyncIterableIterator<Cloned<Awaited<R>>> {
    const { durable: name, group, priority = "normal", ordered = true } =
      options;
    const { concurrency = ITEMS_IN_FLIGHT, signal } = options;
    checkToken("durable name", name);
    checkToken("group", group);
    if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
      throw new RangeError(
        `Cannot map source: concurrency must be a positive integer, got ${concurrency}`,
      );
    }
    const observed = new ObservedIteration(
      () => beginSending("clusterMap", task, priority),
      signal,
    );
    const results = this.#results(() => ({
      ...{ source, task, name, group, priority },
      ...{ concurrency, ordered, signal },
      carrier: observed.carrier,
    }));
    return observed.wrap(results) as AsyncIterableIterator<Cloned<Awaited<R>>>;
  }

  /** Removes all that the server has of a map. */
  async forget(name: string): Promise<void> {
    checkToken("durable name", name);
    const { removeRuns } = await import("./durable_map.ts");
    const streams = await this.#open();
    await streams.open();
    await streams.purge("map", this.#subjects.map(name));
    await removeRuns(streams, this.#subjects, name);
  }

  async *#results(
    plan: () => DurableMapPlan,
  ): AsyncGenerator<unknown, void, void> {
    const { DurableMap } = await import("./durable_map.ts");
    const host = {
      streams: await this.#open(),
      subjects: this.#subjects,
      payloads: this.#payloads,
      version: this.#version,
    };
    yield* new DurableMap(host, plan()).results();
  }

  #open(): Promise<Streams> {
    return this.#streams ??= import("./streams.ts").then(({ Streams }) =>
      new Streams(this.#connection, this.#subjects)
    );
  }
}
