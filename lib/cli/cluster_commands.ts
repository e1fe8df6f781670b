/**
 * `loom serve` and `loom hosts`. Loaded when one of them runs.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { LoomBuilder } from "../builder.ts";
import type { ClusterHost, ConnectionOptions } from "../cluster/mod.ts";
import type { LoomArgs } from "../config/loom_args.ts";
import { ClusterError, InvalidTaskError } from "../errors.ts";
import { importModule } from "../tasks/task.ts";

/** Options of both commands, as the command line gives them. */
export interface NatsFlags {
  readonly nats: string;
  readonly creds?: string;
  readonly nkey?: string;
  readonly user?: string;
  readonly password?: string;
  readonly token?: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
}

/** Options of `loom serve`. */
export interface ServeFlags extends NatsFlags {
  readonly group?: string;
  readonly subjectPrefix?: string;
  readonly hostName?: string;
  readonly taskVersion?: string;
  readonly maxCalls?: string;
  readonly room?: string;
}

/** Serves the tasks of a module until SIGTERM or SIGINT, then drains. */
export async function runServe(
  path: string,
  flags: ServeFlags,
  args: LoomArgs,
  say: (text: string) => void,
): Promise<void> {
  const { serve } = await loadCluster();
  const tasks = await loadModule(path);
  const runtime = await new LoomBuilder().envPrefix("LOOM").withCliArgs(args)
    .build();
  try {
    const host = await serve(runtime, tasks, {
      ...connectionOptions(flags),
      ...defined({
        group: flags.group,
        prefix: flags.subjectPrefix,
        name: flags.hostName,
        version: flags.taskVersion,
        maxCalls: count("--max-calls", flags.maxCalls),
        room: count("--room", flags.room),
      }),
    });
    const leave = () => void host.drain();
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.once(signal, leave);
    }
    const { computeThreads } = runtime;
    say(
      `Serving ${path} at ${flags.nats} with ${computeThreads} compute worker` +
        `${computeThreads === 1 ? "" : "s"}\n`,
    );
    await host.stopped;
    say("Left\n");
  } finally {
    await runtime.blockUntilIdle();
  }
}

/** Asks the hosts of a cluster who they are. */
export async function runHosts(
  flags: NatsFlags,
): Promise<{ readonly text: string; readonly data: unknown }> {
  const { connect } = await loadCluster();
  await using cluster = await connect(connectionOptions(flags));
  const hosts = await cluster.hosts();
  return { text: formatHosts(hosts), data: hosts };
}

/** One line for each host, and one for each of its tasks that has run. */
export function formatHosts(hosts: readonly ClusterHost[]): string {
  if (hosts.length === 0) return "No hosts";
  const head = ["host", "group", "version", "threads", "load", "busy", "tasks"];
  const rows = hosts.flatMap((host) => [
    [
      host.host,
      host.group,
      host.version,
      `${host.computeThreads}/${host.cpus}`,
      host.loadAverage.toFixed(2),
      String(host.inFlight),
      `${host.tasks.length}`,
    ],
    ...host.tasks.filter(({ ended }) => ended > 0).map((task) => [
      `  ${task.name}`,
      "",
      "",
      "",
      "",
      "",
      `${task.ended} done, ${task.failed} failed, ${task.meanMs.toFixed(1)} ms`,
    ]),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column].length))
  );
  return [head, ...rows].map((row) =>
    row.map((cell, column) => cell.padEnd(widths[column])).join("  ").trimEnd()
  ).join("\n");
}

async function loadModule(path: string): Promise<Record<string, unknown>> {
  const url = /^\w{2,}:/.test(path) ? path : pathToFileURL(resolve(path)).href;
  try {
    return await importModule(url);
  } catch (error) {
    throw new InvalidTaskError(
      `Cannot serve tasks of ${path}: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

async function loadCluster() {
  try {
    return await import("../cluster/mod.ts");
  } catch (error) {
    throw new ClusterError(
      `Cannot use the cluster: ${
        (error as Error).message
      }; install NATS' packages: ` +
        "@nats-io/transport-node @nats-io/services @nats-io/jetstream @nats-io/obj",
      { cause: error },
    );
  }
}

function connectionOptions(flags: NatsFlags): ConnectionOptions {
  const { creds, nkey, user, password, token, tlsCa, tlsCert, tlsKey } = flags;
  const tls = defined({
    ca: tlsCa === undefined ? undefined : readFileSync(tlsCa, "utf8"),
    cert: tlsCert === undefined ? undefined : readFileSync(tlsCert, "utf8"),
    key: tlsKey === undefined ? undefined : readFileSync(tlsKey, "utf8"),
  });
  return {
    servers: flags.nats.split(","),
    ...defined({ user, pass: password, token }),
    ...defined({ credentialsFile: creds, nkeySeedFile: nkey }),
    ...Object.keys(tls).length > 0 ? { tls } : {},
  };
}

/** The properties that are not undefined. */
function defined<T extends object>(options: T): Partial<T> {
  const given = Object.entries(options).filter(([, value]) =>
    value !== undefined
  );
  return Object.fromEntries(given) as Partial<T>;
}

function count(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d*$/.test(text)) return Number(text);
  throw new ClusterError(
    `Cannot serve tasks: ${flag} must be a positive integer, got ${text}`,
  );
}
