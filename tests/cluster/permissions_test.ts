import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { connect, type ConnectionOptions } from "../../lib/cluster/mod.ts";
import { connectToNats } from "../../lib/cluster/connection.ts";
import { double, echo } from "../fixtures/tasks/cluster.ts";
import { askHosts, clusterTest, startHost } from "../support/cluster.ts";
import { NatsServer } from "../support/nats_server.ts";
import { ROOT } from "../support/runtimes.ts";

const page = readFileSync(`${ROOT}/docs/cluster.md`, "utf8");
const config = /^```text nats-server\.conf\n([^]*?)^```$/m.exec(page)?.[1];

function isRefused({ log }: NatsServer, subject: string): boolean {
  return log.split("\n").some((line) =>
    line.includes("Violation") && line.includes(`"${subject}"`)
  );
}

function userOptions(user: "caller" | "host"): ConnectionOptions {
  return { user, pass: `${user} secret`, inboxPrefix: `_INBOX_${user}` };
}

clusterTest(
  "Callers and hosts work with the rights that the guide gives them, and no more",
  async () => {
    await using server = await NatsServer.start({ config });
    const servers = server.url;
    const [caller, host] = (["caller", "host"] as const).map((user) => ({
      servers,
      ...userOptions(user),
    }));
    await using _host = await startHost(servers, userOptions("host"));
    await using cluster = await connect(caller);
    assert.equal(await cluster.spawnCompute(double, 21), 42);
    const bytes = new Uint8Array(2_000_000).fill(1);
    assert.deepEqual(await cluster.spawnCompute(echo, bytes), bytes);
    const results = [];
    const items = [1, 2, bytes, 4];
    for await (
      const item of cluster.computeMap(items, echo, { durable: "d" })
    ) {
      results.push(item);
    }
    assert.deepEqual(results, items);
    assert.equal((await askHosts(cluster)).length, 1);
    assert.doesNotMatch(server.log, /Violation/);
    await assert.rejects(connect({ servers }), { name: "ClusterError" });
    // It may not subscribe to calls.
    await assert.rejects(
      startHost(servers, { ...userOptions("caller"), durable: false }),
      /ClusterError: Cannot serve tasks: Permissions Violation .*allow this user/,
    );
    const forbidden = [
      [caller, ["loom.result.d.r.0-1", "_INBOX_caller.x"], [
        "loom.work.>",
        "loom.call.>",
        "_INBOX_host.>",
      ]],
      [host, ["loom.call.default.normal.double", "loom.work.a.b.c.d.e.0-1"], [
        "_INBOX_caller.>",
        "loom.map.>",
      ]],
    ] as const;
    for (const [options, publish, subscribe] of forbidden) {
      const connection = await connectToNats(options, "test");
      for (const subject of publish) {
        connection.publish(subject, "forged");
      }
      for (const subject of subscribe) {
        connection.subscribe(subject, { callback: () => {} });
      }
      await connection.flush();
      for (const subject of [...publish, ...subscribe]) {
        // Hangs if it is allowed. The server writes it with a delay.
        while (!isRefused(server, subject)) {
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      }
      await connection.close();
    }
  },
);
