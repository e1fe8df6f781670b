/**
 * Hosts as services of NATS, which `nats micro` shows: who is there, with which tasks, and
 * how busy. The only file that imports NATS' services.
 *
 * @module
 */

import { type ServiceMsg, type ServiceStats, Svcm } from "@nats-io/services";
import type { NatsConnection } from "./connection.ts";

/** Name of the service that every host is. */
const SERVICE = "loom";

/** What a host says about itself. */
export interface HostFacts {
  /** Its name. */
  readonly host: string;
  /** Its group. */
  readonly group: string;
  /** What its subjects begin with. */
  readonly prefix: string;
  /** Version of the tasks; three numbers, as services demand it. */
  readonly version: string;
  /** Deno or Bun. */
  readonly runtime: string;
  /** Process id on its machine. */
  readonly pid: number;
  /** CPUs that the process may use. */
  readonly cpus: number;
  /** Compute workers of its runtime. */
  readonly computeThreads: number;
}

/** What a host has done so far, and does now. */
export interface HostLoad {
  /** Calls and items that run or wait. */
  readonly inFlight: number;
  /** Whether it finishes its last calls. */
  readonly draining: boolean;
  /** Load average of the machine over one minute. */
  readonly loadAverage: number;
}

/** Calls of one task on a host. */
export interface TaskCounts {
  /** Calls and items that have ended. */
  readonly ended: number;
  /** Those of them that threw. */
  readonly failed: number;
  /** Mean time from arrival to answer, in milliseconds. */
  readonly meanMs: number;
}

/** A host, as {@linkcode findHosts} returns it. */
export interface ClusterHost extends HostFacts, HostLoad {
  /** Unique id of the host. */
  readonly id: string;
  /** When it started, as an ISO date. */
  readonly started: string;
  /** Its tasks. */
  readonly tasks: readonly ({ readonly name: string } & TaskCounts)[];
}

/** A task that a service offers. */
export interface ServiceTask {
  readonly name: string;
  readonly subject: string;
  /** Handles a call; must not throw. */
  handle(message: ServiceMsg): void;
  /** Returns its counts. */
  counts(): TaskCounts;
}

/** A host as a service. */
export interface RunningService {
  readonly id: string;
  /** Whether it takes no calls. */
  readonly isStopped: boolean;
  /** Resolves when it takes no calls; with an error unless it was stopped. */
  readonly stopped: Promise<Error | null>;
  /** Takes no more calls. */
  stop(): Promise<void>;
}

export type { ServiceMsg };

/** Registers a host, and subscribes to the calls of its tasks. */
export async function startService(
  connection: NatsConnection,
  facts: HostFacts,
  tasks: readonly ServiceTask[],
  load: () => HostLoad,
): Promise<RunningService> {
  const byName = new Map(tasks.map((task) => [task.name, task]));
  const service = await new Svcm(connection as never).add({
    name: SERVICE,
    version: facts.version,
    description: `loom host ${facts.host}, group ${facts.group}`,
    queue: facts.group,
    metadata: Object.fromEntries(
      Object.entries(facts).map(([key, value]) => [key, String(value)]),
    ),
    statsHandler: (endpoint) => {
      // It has a name, although its type does not say so.
      const { name } = endpoint as unknown as { readonly name: string };
      return Promise.resolve({ ...load(), ...byName.get(name)!.counts() });
    },
  });
  for (const { name, subject, handle } of tasks) {
    service.addEndpoint(name, {
      subject,
      handler: (error, message) => {
        if (error === null) handle(message);
      },
    });
  }
  return {
    id: service.info().id,
    stopped: service.stopped,
    get isStopped() {
      return service.isStopped;
    },
    stop: async () => {
      await service.stop();
    },
  };
}

/** Asks all hosts for what they say about themselves. */
export async function findHosts(
  connection: NatsConnection,
  waitMs: number,
): Promise<ClusterHost[]> {
  const hosts: ClusterHost[] = [];
  for (const stats of await allStats(connection, waitMs)) {
    const facts = (stats as { metadata?: Record<string, string> }).metadata;
    if (facts?.host === undefined) continue;
    const endpoints = stats.endpoints ?? [];
    const load = endpoints[0]?.data as unknown as HostLoad | undefined;
    hosts.push({
      id: stats.id,
      started: stats.started,
      host: facts.host,
      group: facts.group,
      prefix: facts.prefix,
      version: facts.version,
      runtime: facts.runtime,
      pid: Number(facts.pid),
      cpus: Number(facts.cpus),
      computeThreads: Number(facts.computeThreads),
      inFlight: load?.inFlight ?? 0,
      draining: load?.draining ?? false,
      loadAverage: load?.loadAverage ?? 0,
      tasks: endpoints.map(({ name, data }) => {
        const counts = data as unknown as TaskCounts;
        const { ended = 0, failed = 0, meanMs = 0 } = counts ?? {};
        return { name, ended, failed, meanMs };
      }),
    });
  }
  return hosts.sort((a, b) => a.host < b.host ? -1 : a.host > b.host ? 1 : 0);
}

async function allStats(
  connection: NatsConnection,
  waitMs: number,
): Promise<ServiceStats[]> {
  const found: ServiceStats[] = [];
  const client = new Svcm(connection as never).client({
    maxWait: waitMs,
    strategy: "timer",
  });
  try {
    for await (const stats of await client.stats(SERVICE)) found.push(stats);
  } catch (error) {
    // Otherwise, there is nobody who could answer.
    if ((error as Error).name !== "NoResponders") throw error;
  }
  return found;
}
