/**
 * A caller: calls tasks on the hosts of a cluster.
 *
 * @module
 */

import type { Cloned } from "../cloned.ts";
import { ClusterError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { Task } from "../tasks/task.ts";
import {
  type ClusterCallOptions,
  ClusterView,
  type ViewHost,
} from "./cluster_view.ts";
import {
  type ConnectionOptions,
  connectToNats,
  maxMessageBytes,
  type NatsConnection,
} from "./connection.ts";
import { type ClusterHost, findHosts } from "./discovery.ts";
import {
  type ClusterMapOptions,
  DurableMaps,
  mapItems,
} from "./computed_map.ts";
import { sendObserved } from "./observed_calls.ts";
import { NatsObjectStore } from "./object_store.ts";
import { DEFAULT_LIMITS, type PayloadLimits, Payloads } from "./payloads.ts";
import { Replies } from "./replies.ts";
import { DEFAULT_GROUP, nameOfTask, Subjects } from "./subjects.ts";
import type { Source } from "../streams/source.ts";
import { withDefaults } from "./with_defaults.ts";

/** Options of {@linkcode connect}. */
export interface ClusterOptions
  extends ConnectionOptions, Partial<PayloadLimits> {
  /** What all subjects begin with; `"loom"` by default. One prefix for each tenant. */
  readonly prefix?: string;
  /** The group of hosts that calls go to, unless they name another. */
  readonly group?: string;
  /** Version of the tasks. If given, hosts of another version refuse calls. */
  readonly version?: string;
  /** Runs calls itself while there is room, so that only the overflow is sent. */
  readonly runtime?: LoomRuntime;
  /** Calls that `runtime` may have in flight; by default two for each compute worker. */
  readonly room?: number;
}

/**
 * Connects to the cluster.
 *
 * @throws {ClusterError} If no NATS server can be reached.
 *
 * @example Usage
 * ```ts ignore
 * import { connect } from "@loom/runtime/cluster";
 * import { digest } from "./tasks.ts";
 *
 * await using cluster = await connect({ servers: "nats://127.0.0.1:4222" });
 * console.log(await cluster.spawnCompute(digest, "abc"));
 * ```
 */
export async function connect(options: ClusterOptions = {}): Promise<Cluster> {
  const subjects = new Subjects(options.prefix);
  const connection = await connectToNats(options, "loom caller");
  return new Cluster(
    connection,
    subjects,
    withDefaults(DEFAULT_LIMITS, options),
  );
}

/** The hosts of a cluster, for callers. Create one with {@linkcode connect}. */
export class Cluster implements AsyncDisposable {
  readonly #connection: NatsConnection;
  readonly #maps: DurableMaps;
  readonly #host: ViewHost;
  readonly #plain: ClusterView;
  readonly #options: ClusterOptions;
  readonly #replies: Replies;
  readonly #listHosts = () => this.hosts();

  /**
   * For {@linkcode connect} only.
   *
   * @internal
   */
  constructor(
    connection: NatsConnection,
    subjects: Subjects,
    options: ClusterOptions & PayloadLimits,
  ) {
    this.#connection = connection;
    this.#options = options;
    if (options.runtime !== undefined) {
      options.runtime.listHosts = this.#listHosts;
    }
    const payloads = new Payloads(
      new NatsObjectStore(connection, subjects.stream("PAYLOADS")),
      () => maxMessageBytes(connection),
      options,
    );
    this.#replies = new Replies(connection, subjects, options.inboxPrefix);
    this.#maps = new DurableMaps(
      connection,
      subjects,
      payloads,
      options.version,
    );
    this.#host = {
      call: (task, args, call) => {
        const { runtime } = options;
        // Checked in both cases, so that a program does not fail only when it is busy.
        const name = nameOfTask(task);
        if (runtime !== undefined && this.#hasRoom(runtime, call.group)) {
          const { group: _, ...here } = call;
          return runtime.with(here).spawnCompute(task, ...args);
        }
        const sender = { payloads, replies: this.#replies, subjects, options };
        return sendObserved(sender, { task: name, args, options: call });
      },
    };
    this.#plain = new ClusterView(this.#host, {});
  }

  /**
   * Runs a task on a host and resolves with its result, as
   * {@linkcode LoomRuntime.spawnCompute} does on a worker.
   *
   * The call runs at most once. If its host is lost, it rejects, although it may have run.
   *
   * @param task A module task that the hosts serve.
   * @param args Its arguments; they share no memory with the host.
   * @returns A copy of the result.
   * @throws What the task throws; `host` of the error is the name of the host.
   * @throws {NoHostError} If no host of the group offers the task.
   * @throws {HostLostError} If the host is no longer heard of.
   * @throws {QueueFullError} If the host has as many calls as it may.
   * @throws {ClusterVersionError} If the host uses another version.
   * @throws {InvalidTaskError} If `task` is no module task.
   */
  spawnCompute<Args extends unknown[], Result>(
    task: Task<Args, Result>,
    ...args: Args
  ): Promise<Cloned<Awaited<Result>>> {
    return this.#plain.spawnCompute(task, ...args);
  }

  /** Returns the calls of this cluster with options, as a view that can be kept. */
  with(options: ClusterCallOptions): ClusterView {
    return new ClusterView(this.#host, options);
  }

  /**
   * Maps a source by calls of `task` on the hosts.
   *
   * With `durable`, items and results are kept by the server until the results were
   * delivered: a host that is killed loses no item, and a caller that starts again, with the
   * same source, goes on where it was. Without, each item is a call.
   *
   * @param source Any iterable, async iterable or ReadableStream. A durable map needs a
   *   source that yields the same items again when the caller starts again.
   * @param task A module task that the hosts serve.
   * @returns Copies of the results, in the order of the items unless `ordered` is false.
   * @throws {ClusterError} If JetStream cannot be used, for a durable map.
   */
  computeMap<T, R>(
    source: Source<T>,
    task: Task<[item: T], R>,
    options: ClusterMapOptions = {},
  ): AsyncIterableIterator<Cloned<Awaited<R>>> {
    const group = options.group ?? this.#options.group ?? DEFAULT_GROUP;
    if (options.durable !== undefined) {
      return this.#maps.map(source, nameOfTask(task), {
        ...options,
        group,
        durable: options.durable,
      });
    }
    const { priority } = options;
    return mapItems(source, (item, signal) => {
      const view = this.with({ group, priority, signal });
      return view.spawnCompute(task, item);
    }, options);
  }

  /**
   * Forgets a durable map that was not mapped to its end: its items, results and state.
   *
   * @param name Its `durable` name.
   */
  forgetMap(name: string): Promise<void> {
    return this.#maps.forget(name);
  }

  /**
   * Returns the hosts that answer, of all groups.
   *
   * @param options How long to wait for answers; 500 ms by default.
   */
  hosts(options: { readonly waitMs?: number } = {}): Promise<ClusterHost[]> {
    return findHosts(this.#connection, options.waitMs ?? 500);
  }

  /** Number of calls that wait for hosts. */
  get inFlight(): number {
    return this.#replies.count;
  }

  /** Closes the connection. Calls that are in flight reject. */
  async close(): Promise<void> {
    const { runtime } = this.#options;
    if (runtime?.listHosts === this.#listHosts) runtime.listHosts = undefined;
    this.#replies.close(
      new ClusterError("Cannot call task: the caller has closed the cluster"),
    );
    // It may be lost meanwhile.
    if (!this.#connection.isClosed()) {
      await this.#connection.drain().catch(() => {});
    }
  }

  /** Does what {@linkcode Cluster.close} does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #hasRoom(runtime: LoomRuntime, group: string | undefined): boolean {
    const { room = 2 * runtime.computeThreads } = this.#options;
    return group === undefined && runtime.inFlight.compute < room;
  }
}
