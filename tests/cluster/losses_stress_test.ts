import assert from "node:assert/strict";
import { connect } from "../../lib/cluster/mod.ts";
import { double } from "../fixtures/tasks/cluster.ts";
import {
  clusterStressTest,
  startHost,
  type TestHost,
} from "../support/cluster.ts";
import { NatsServer } from "../support/nats_server.ts";
import { seedFor } from "../support/seed.ts";
import { Random } from "../codec/random.ts";
import { sized } from "../support/stress.ts";

const ITEMS = sized(6_000, 100_000);
const HOST_DEATHS = sized(3, 20);
const SERVER_DEATHS = sized(1, 5);
const HOSTS = 3;

clusterStressTest(
  `Every item has one result although ${HOST_DEATHS} hosts and the server ${SERVER_DEATHS} times are killed`,
  async () => {
    const random = new Random(seedFor("losses of hosts"));
    await using server = await NatsServer.start();
    const options = { redeliverAfterMs: 2_000, maxDeliveries: 100 };
    const hosts: TestHost[] = [];
    for (let i = 0; i < HOSTS; i++) {
      hosts.push(await startHost(server.url, options));
    }
    await using cluster = await connect({ servers: server.url });
    const losses = [
      ...Array.from({ length: HOST_DEATHS }, () => "host"),
      ...Array.from({ length: SERVER_DEATHS }, () => "server"),
    ].map((kind) => ({ kind, at: random.below(ITEMS * 0.95) }))
      .sort((a, b) => a.at - b.at);
    const counts = new Uint32Array(ITEMS);
    let taken = 0;
    let losing = Promise.resolve();
    const lose = async (kind: string) => {
      if (kind === "server") {
        await server.kill();
        await server.restart();
        return;
      }
      const index = random.below(HOSTS);
      await hosts[index].kill("SIGKILL");
      hosts[index] = await startHost(server.url, options);
    };
    const numbers = Array.from({ length: ITEMS }, (_, n) => n);
    const results = cluster.computeMap(numbers, double, { durable: "losses" });
    for await (const result of results) {
      counts[result / 2]++;
      taken++;
      while (losses.length > 0 && losses[0].at < taken) {
        const { kind } = losses.shift()!;
        // Those that were lost before are back, so that there is something to lose.
        await losing;
        losing = lose(kind);
      }
    }
    await losing;
    await Promise.all(hosts.map((host) => host[Symbol.asyncDispose]()));
    assert.deepEqual([taken, losses.length], [ITEMS, 0]);
    assert.deepEqual(counts.filter((count) => count !== 1), new Uint32Array());
  },
);
