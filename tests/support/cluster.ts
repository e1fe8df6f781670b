/**
 * Hosts of a cluster for tests, each a process of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import {
  type Cluster,
  type ClusterHost,
  type ClusterOptions,
  connect,
  type ServeOptions,
} from "../../lib/cluster/mod.ts";
import { DEFAULT_LIMITS, Payloads } from "../../lib/cluster/payloads.ts";
import { NATS_SERVER, NatsServer, NO_SERVER } from "./nats_server.ts";
import { HERE, type ProgramEnd, startProgram } from "./program.ts";
import type { RuntimeName } from "./runtimes.ts";
import { afterAll, skip, stressTest, test, type TestOptions } from "./test.ts";

/** Writes and reads messages without a server; none is so large that it is stored. */
export const smallPayloads: Payloads = new Payloads(
  { put: unused, get: unused, remove: unused },
  () => 1 << 20,
  DEFAULT_LIMITS,
);

function unused(): never {
  throw new Error("nothing is stored");
}

/** A host that runs. */
export interface TestHost extends AsyncDisposable {
  readonly pid: number;
  readonly end: Promise<ProgramEnd>;
  /** Sends a signal; resolves when the host has ended. */
  kill(signal: NodeJS.Signals): Promise<ProgramEnd>;
}

/**
 * Starts a host.
 *
 * @param program That of `tests/fixtures/programs`; by default one that serves
 *   `tests/fixtures/tasks/cluster.ts`.
 */
export async function startHost(
  url: string,
  options: ServeOptions = {},
  runtime: RuntimeName = HERE,
  program: string = "cluster_host.ts",
): Promise<TestHost> {
  const args = [url, JSON.stringify(options)];
  const { pid, firstLine, end } = startProgram(program, args, {
    runtime,
  });
  const line = await firstLine;
  if (line !== "ready") assert.fail((await end).stderr);
  let isOver = false;
  const over = end.finally(() => isOver = true);
  const kill = (signal: NodeJS.Signals) => {
    if (!isOver) process.kill(pid, signal);
    return over;
  };
  return {
    pid,
    end,
    kill,
    async [Symbol.asyncDispose]() {
      await kill("SIGKILL");
    },
  };
}

/** Returns functions that use one server for all tests of a file. */
export function clusterOfFile(): {
  /** The server. */
  server(): Promise<NatsServer>;
  /** Connects to it. */
  connected(options?: ClusterOptions): Promise<Cluster>;
} {
  let started: Promise<NatsServer> | undefined;
  afterAll(async () => await (await started)?.[Symbol.asyncDispose]());
  const server = () => started ??= NatsServer.start();
  return {
    server,
    connected: async (options) =>
      await connect({ servers: (await server()).url, ...options }),
  };
}

/** A test that is skipped where no server is installed. */
export function clusterTest(
  name: string,
  body: () => Promise<void>,
  options?: TestOptions,
): void {
  if (NATS_SERVER === undefined) skip(name, NO_SERVER);
  else test(name, body, options);
}

/** Like {@linkcode clusterTest}, for tests with a stress size. */
export function clusterStressTest(
  name: string,
  body: () => Promise<void>,
): void {
  if (NATS_SERVER === undefined) skip(name, NO_SERVER);
  else stressTest(name, body);
}

/**
 * Asks the hosts of a cluster until one answers that `matches`: on a busy machine, none may do
 * so in the usual time.
 *
 * @returns Those that match.
 */
export async function askHosts(
  cluster: Cluster,
  matches: (host: ClusterHost) => boolean = () => true,
): Promise<ClusterHost[]> {
  while (true) {
    const hosts = (await cluster.hosts()).filter(matches);
    if (hosts.length > 0) return hosts;
  }
}
