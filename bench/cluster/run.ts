/**
 * Measures calls and durable items of a cluster beside what NATS' client takes for the same
 * bytes, and how throughput grows with hosts. `bare` answers at once; `hop` runs the task on
 * a worker of its process first, which is the least that a call can do. Server, hosts and
 * caller are processes on this machine.
 *
 *     deno task bench:cluster [rounds]        bun run bench:cluster [rounds]
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  AckPolicy,
  jetstream,
  jetstreamManager,
  RetentionPolicy,
} from "@nats-io/jetstream";
import { connect as connectBare } from "@nats-io/transport-node";
import { connect } from "../../lib/cluster/mod.ts";
import { writeFrame } from "../../lib/cluster/frame.ts";
import { NatsServer } from "../../tests/support/nats_server.ts";
import { median } from "../harness/statistics.ts";
import { same, wait } from "./tasks.ts";

const ROUNDS = Number(process.argv[2] ?? 5);
const CALLS = 1_000;
const ITEMS = 10_000;
const IN_FLIGHT = 64;
const ITEMS_IN_FLIGHT = 1024;
/** How long the tasks of the last part wait, and how many a host runs at a time. */
const WAIT = { ms: 50, room: 8, seconds: 3 };

await using server = await NatsServer.start();
const { url: servers } = server;
const bare = await connectBare({ servers });
const manager = await jetstreamManager(bare);
await manager.streams.add({
  name: "BARE",
  subjects: ["bare.items"],
  retention: RetentionPolicy.Workqueue,
});
await manager.consumers.add("BARE", {
  durable_name: "bare",
  ack_policy: AckPolicy.Explicit,
  max_ack_pending: -1,
});
const publisher = jetstream(bare);
const cluster = await connect({ servers });
/** As many bytes as a call of `same` has, with its answer. */
const BYTES = writeFrame({ kind: 1 }, 16);

/** On a machine with other work, one second may be too short. */
const PATIENT = { timeout: 30_000 };

const hosts: ChildProcess[] = [await startHost()];
await report("one call after another", CALLS, {
  bare: () => calls(1, () => bare.request("bare.call", BYTES, PATIENT)),
  hop: () => calls(1, () => bare.request("hop.call", BYTES, PATIENT)),
  loom: () => calls(1, (n) => cluster.spawnCompute(same, n)),
});
await report(`${IN_FLIGHT} calls in flight`, CALLS * 10, {
  bare: () => calls(IN_FLIGHT, () => bare.request("bare.call", BYTES, PATIENT)),
  hop: () => calls(IN_FLIGHT, () => bare.request("hop.call", BYTES, PATIENT)),
  loom: () => calls(IN_FLIGHT, (n) => cluster.spawnCompute(same, n)),
});
await report(`durable items, ${ITEMS_IN_FLIGHT} in flight`, ITEMS, {
  bare: bareItems,
  loom: loomItems,
});
let first = 0;
for (const count of [1, 2, 4]) {
  while (hosts.length < count) hosts.push(await startHost());
  const perSecond = await throughput(count);
  first ||= perSecond;
  console.log(
    `${count} host${count === 1 ? "" : "s"}, tasks that wait ${WAIT.ms} ms: ` +
      `${perSecond.toFixed(0)} items/s, ${
        (perSecond / first).toFixed(2)
      } times one host`,
  );
}
for (const host of hosts) host.kill("SIGKILL");
await cluster.close();
await bare.close();
await server[Symbol.asyncDispose]();
process.exit(0);

/** Measures ways in turn, and prints their times and ratios to the first. */
async function report(
  title: string,
  count: number,
  ways: Readonly<Record<string, () => Promise<void>>>,
): Promise<void> {
  const names = Object.keys(ways);
  const times = new Map(names.map((name) => [name, [] as number[]]));
  for (let round = 0; round <= ROUNDS; round++) {
    // Each way comes after each other one.
    for (let i = 0; i < names.length; i++) {
      const name = names[(i + round) % names.length];
      const start = performance.now();
      await ways[name]();
      const us = (performance.now() - start) / count * 1000;
      // The first round warms up.
      if (round > 0) times.get(name)!.push(us);
    }
  }
  console.log(`${title}:`);
  for (const [name, us] of times) {
    const ratios = us.map((us, round) => us / times.get(names[0])![round]);
    console.log(
      `  ${name} ${median(us).toFixed(0)} µs, ratio ${
        median(ratios).toFixed(2)
      } (${ratios.map((ratio) => ratio.toFixed(2)).join(" ")})`,
    );
  }
}

async function calls(
  inFlight: number,
  call: (n: number) => Promise<unknown>,
): Promise<void> {
  const count = inFlight === 1 ? CALLS : CALLS * 10;
  let n = 0;
  const chain = async () => {
    while (n < count) await call(n++);
  };
  await Promise.all(Array.from({ length: inFlight }, chain));
}

/** Publishes, until the other process has acknowledged all. */
async function bareItems(): Promise<void> {
  let n = 0;
  const chain = async () => {
    while (n++ < ITEMS) await publisher.publish("bare.items", BYTES);
  };
  await Promise.all(Array.from({ length: ITEMS_IN_FLIGHT }, chain));
  for (;;) {
    const { state } = await manager.streams.info("BARE");
    if (state.messages === 0) return;
  }
}

async function loomItems(): Promise<void> {
  const items = Array.from({ length: ITEMS }, (_, n) => n);
  const options = { durable: "bench", concurrency: ITEMS_IN_FLIGHT };
  let count = 0;
  for await (const _ of cluster.computeMap(items, same, options)) count++;
  if (count !== ITEMS) throw new Error(`Cannot measure: ${count} results`);
}

async function throughput(hostCount: number): Promise<number> {
  const { ms, room, seconds } = WAIT;
  const count = Math.ceil(seconds * 1000 / ms * room * hostCount);
  const items = new Array(count).fill(ms);
  const options = { durable: "waits", concurrency: 256, ordered: false };
  const start = performance.now();
  for await (const _ of cluster.computeMap(items, wait, options));
  return count / (performance.now() - start) * 1000;
}

async function startHost(): Promise<ChildProcess> {
  const path = fileURLToPath(new URL("host.ts", import.meta.url));
  const flags = "Deno" in globalThis ? ["run", "-A", "--no-check"] : [];
  const child = spawn(process.execPath, [
    ...flags,
    ...[path, servers, String(WAIT.room)],
  ], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => child.kill("SIGKILL"));
  await once(child.stdout!, "data");
  return child;
}
