/**
 * Hashes the files of a folder on a cluster: starts a NATS server, two hosts and a caller on
 * this machine, and ends them again. Kill a host while it runs: the other takes its files.
 *
 *     deno task cluster:demo [folder]        bun run cluster:demo [folder]
 *
 * Needs `nats-server`; on Debian: `apt-get install nats-server`.
 *
 * @module
 */

import { createHash } from "node:crypto";
import process from "node:process";
import { Presets, SingleBar } from "cli-progress";
import { type Cluster, connect } from "../../lib/cluster/mod.ts";
import { findFiles, type FoundFile } from "../corpus/files.ts";
import { startHost, startServer } from "./processes.ts";
import { type FileItem, hashFile } from "./tasks.ts";
import { readFile } from "node:fs/promises";

const MAX_BYTES = 20e6;
const HOSTS = ["host-1", "host-2"];

const folder = process.argv[2] ?? ".";
const { files } = await findFiles(folder, MAX_BYTES);
const server = await startServer();
const hosts = await Promise.all(
  HOSTS.map((name) => startHost(server.url, name)),
);
console.log(`Server at ${server.url}`);
for (const { name, pid } of hosts) console.log(`${name} is process ${pid}`);
try {
  await using cluster = await connect({ servers: server.url });
  await hashAll(cluster, files);
} finally {
  await Promise.all(hosts.map((host) => host.stop()));
  await server.stop();
}

async function hashAll(
  cluster: Cluster,
  files: readonly FoundFile[],
): Promise<void> {
  const bar = new SingleBar(
    { format: "{bar} {value}/{total} files", noTTYOutput: false },
    Presets.shades_classic,
  );
  bar.start(files.length, 0);
  const all = createHash("sha256");
  const started = performance.now();
  const results = cluster.computeMap(read(files), hashFile, {
    durable: "demo",
    concurrency: 64,
  });
  for await (const { path, sha256 } of results) {
    all.update(`${path} ${sha256}\n`);
    bar.increment();
  }
  bar.stop();
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(
    `${files.length} files in ${seconds} s, hash of all ${all.digest("hex")}`,
  );
  for (const { host, tasks } of await cluster.hosts()) {
    const counts = tasks.find(({ name }) => name === "hashFile");
    console.log(
      `${host} has hashed ${counts?.ended} files, ${
        counts?.meanMs.toFixed(1)
      } ms each`,
    );
  }
}

/** The same items each time, so that a caller that starts again can go on. */
async function* read(files: readonly FoundFile[]): AsyncGenerator<FileItem> {
  for (const { path } of files) yield { path, bytes: await readFile(path) };
}
