/**
 * A host: serves tasks to callers on other machines.
 *
 * @module
 */

import { availableParallelism, hostname, loadavg } from "node:os";
import process from "node:process";
import { ClusterError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { AnyFunction } from "../tasks/function.ts";
import {
  type ConnectionOptions,
  connectToNats,
  endOfConnection,
  maxMessageBytes,
  type NatsConnection,
} from "./connection.ts";
import { type RunningService, startService } from "./discovery.ts";
import { HostCalls, TaskCounter } from "./host_calls.ts";
import { HostItems } from "./host_items.ts";
import { NatsObjectStore } from "./object_store.ts";
import { offeredTasks, type TaskModule } from "./offered_tasks.ts";
import { DEFAULT_LIMITS, type PayloadLimits, Payloads } from "./payloads.ts";
import {
  checkToken,
  DEFAULT_GROUP,
  DEFAULT_PREFIX,
  Subjects,
} from "./subjects.ts";
import { withDefaults } from "./with_defaults.ts";

/** Options of {@linkcode serve}. */
export interface ServeOptions
  extends ConnectionOptions, Partial<PayloadLimits> {
  /** What all subjects begin with; `"loom"` by default. One prefix for each tenant. */
  readonly prefix?: string;
  /** A group is a set of hosts that offer the same tasks; `"default"` by default. */
  readonly group?: string;
  /** Name of the host in errors and lists; by default that of the machine. */
  readonly name?: string;
  /** Version of the tasks, such as `"1.2.0"`; `"0.0.0"` by default. */
  readonly version?: string;
  /** Most calls that run or wait; more are refused. By default 64 for each worker. */
  readonly maxCalls?: number;
  /**
   * Messages with items of durable maps that the host takes at a time; by default two for
   * each worker. More for tasks that wait instead of computing.
   */
  readonly room?: number;
  /**
   * After this time without a sign of its host, an item of a durable map goes to another
   * host; 30 s by default. Set by the first host of the group.
   */
  readonly redeliverAfterMs?: number;
  /** How often an item is tried on hosts that are lost before it fails; 10 by default. */
  readonly maxDeliveries?: number;
  /** Whether the host takes items of durable maps, if the server has JetStream. `true`. */
  readonly durable?: boolean;
}

/**
 * Serves the tasks that modules export to callers on other machines. Only these tasks can be
 * called; no code ever travels.
 *
 * @param runtime Runs the calls.
 * @param tasks The module, as `import * as tasks` gives it, or several.
 * @throws {ClusterError} If no NATS server can be reached, or the host needs a name.
 * @throws {InvalidTaskError} If the modules export no task, or two of one name.
 *
 * @example Usage
 * ```ts ignore
 * import { LoomBuilder } from "@loom/runtime";
 * import { serve } from "@loom/runtime/cluster";
 * import * as tasks from "./tasks.ts";
 *
 * await using runtime = await new LoomBuilder().build();
 * await using host = await serve(runtime, tasks, { servers: "nats://127.0.0.1:4222" });
 * await host.stopped;
 * ```
 */
export async function serve(
  runtime: LoomRuntime,
  tasks: TaskModule | readonly TaskModule[],
  options: ServeOptions = {},
): Promise<Host> {
  const offered = offeredTasks(tasks);
  const settings = withDefaults({
    prefix: DEFAULT_PREFIX,
    group: DEFAULT_GROUP,
    name: options.name ?? machineName(),
    version: "0.0.0",
    maxCalls: 64 * runtime.computeThreads,
    room: 2 * runtime.computeThreads,
    redeliverAfterMs: 30_000,
    maxDeliveries: 10,
    durable: true,
    ...DEFAULT_LIMITS,
  }, options);
  const { prefix, group, name } = settings;
  checkToken("group", group);
  const subjects = new Subjects(prefix);
  const connection = await connectToNats(options, `loom host ${name}`);
  const payloads = new Payloads(
    new NatsObjectStore(connection, subjects.stream("PAYLOADS")),
    () => maxMessageBytes(connection),
    settings,
  );
  const counters = new Map(
    [...offered.keys()].map((task) => [task, new TaskCounter()]),
  );
  const common = { ...settings, connection, runtime, payloads };
  const calls = new HostCalls(common);
  const items = new HostItems({
    ...common,
    subjects,
    counters,
    tasks: offered,
  });
  const host = new Host(connection, calls, items);
  try {
    await host.start(settings, runtime, offered, subjects, counters);
  } catch (error) {
    await connection.close();
    throw error;
  }
  return host;
}

function machineName(): string {
  try {
    return hostname();
  } catch (error) {
    throw new ClusterError(
      `Cannot name host after its machine: ${
        (error as Error).message
      }; pass a name ` +
        "(--host-name), or start Deno with --allow-sys=hostname,loadavg",
      { cause: error },
    );
  }
}

/** 0 if Deno runs without `--allow-sys=loadavg`. */
function loadAverage(): number {
  try {
    return loadavg()[0];
  } catch {
    return 0;
  }
}

function cannotServe(cause: Error | null): ClusterError {
  return new ClusterError(
    `Cannot serve tasks: ${cause?.message}; allow this user what the guide allows hosts`,
    { cause },
  );
}

/** What a host says about itself, and whether it takes items of durable maps. */
type HostSettings = Required<
  Pick<ServeOptions, "name" | "group" | "prefix" | "version" | "durable">
>;

/** A host that serves tasks. Create one with {@linkcode serve}. */
export class Host implements AsyncDisposable {
  /**
   * Resolves when the host has been drained. Rejects with a {@linkcode ClusterError} when it
   * can serve no longer, such as after its credentials have expired; start another then.
   */
  readonly stopped: Promise<void>;
  readonly #connection: NatsConnection;
  readonly #calls: HostCalls;
  readonly #items: HostItems;
  readonly #stopped = Promise.withResolvers<void>();
  #service: RunningService | undefined;
  #draining: Promise<void> | undefined;

  /**
   * For {@linkcode serve} only.
   *
   * @internal
   */
  constructor(
    connection: NatsConnection,
    calls: HostCalls,
    items: HostItems,
  ) {
    this.#connection = connection;
    this.#calls = calls;
    this.#items = items;
    this.stopped = this.#stopped.promise;
    // A program that does other things, too, need not end with its host.
    this.stopped.catch(() => {});
    void endOfConnection(connection).then((error) => this.#fail(error));
  }

  /**
   * For {@linkcode serve} only.
   *
   * @internal
   */
  async start(
    settings: HostSettings,
    runtime: LoomRuntime,
    offered: ReadonlyMap<string, AnyFunction>,
    subjects: Subjects,
    counters: ReadonlyMap<string, TaskCounter>,
  ): Promise<void> {
    const { name, group, prefix, version, durable } = settings;
    const service = this.#service = await startService(
      this.#connection,
      {
        ...{ host: name, group, prefix, version, pid: process.pid },
        runtime: "Deno" in globalThis ? "Deno" : "Bun",
        cpus: availableParallelism(),
        computeThreads: runtime.computeThreads,
      },
      [...offered].map(([task, fn]) => ({
        name: task,
        subject: subjects.call(group, "*", task),
        handle: (message) => {
          this.#calls.take(message, fn, counters.get(task)!);
        },
        counts: () => counters.get(task)!.counts,
      })),
      () => ({
        inFlight: this.inFlight,
        draining: this.isDraining,
        loadAverage: loadAverage(),
      }),
    );
    this.#calls.id = service.id;
    this.#connection.subscribe(subjects.cancel(service.id), {
      callback: (error, { data }) => {
        if (error === null) this.#calls.cancel(data);
      },
    });
    await this.#connection.flush();
    const stopped = service.stopped.then(async (error) => {
      if (this.isDraining) return;
      // Where the connection has ended, that is the reason, and this never resolves.
      await this.#connection.flush();
      throw cannotServe(error);
    });
    if (service.isStopped) await stopped;
    stopped.catch((error) => this.#fail(error));
    if (!durable) return;
    await this.#items.start().catch((error) => {
      throw error instanceof ClusterError ? error : cannotServe(error);
    });
  }

  /** Unique id of the host. */
  get id(): string {
    return this.#service!.id;
  }

  /** Number of calls, and of messages with items, that run or wait. */
  get inFlight(): number {
    return this.#calls.count + this.#items.count;
  }

  /** Whether the host finishes its last calls. */
  get isDraining(): boolean {
    return this.#draining !== undefined;
  }

  /**
   * Takes no more calls and items, finishes and answers those that it has, and leaves.
   * The runtime goes on.
   */
  drain(): Promise<void> {
    return this.#draining ??= this.#drain();
  }

  /** Does what {@linkcode Host.drain} does, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #drain(): Promise<void> {
    await Promise.all([this.#service!.stop(), this.#items.stop()]);
    await this.#calls.idle();
    await this.#items.idle();
    // It may be lost meanwhile.
    if (!this.#connection.isClosed()) {
      await this.#connection.drain().catch(() => {});
    }
    this.#stopped.resolve();
  }

  #fail(error: unknown): void {
    if (this.isDraining) return;
    this.#items.abandon();
    this.#stopped.reject(error);
  }
}
