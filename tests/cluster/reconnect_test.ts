import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { ClusterError, connect, serve } from "../../lib/cluster/mod.ts";
import { connectToNats } from "../../lib/cluster/connection.ts";
import * as tasks from "../fixtures/tasks/cluster.ts";
import { clusterTest } from "../support/cluster.ts";
import { NatsServer } from "../support/nats_server.ts";
import { unpinned } from "../support/runtime.ts";
import { afterAll } from "../support/test.ts";

const { double, hold, turn } = tasks;
const folder = mkdtempSync(join(tmpdir(), "loom-reconnect-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Kills a server; resolves when the connections of this process have noticed it. */
async function kill(server: NatsServer): Promise<void> {
  const observer = await connectToNats({ servers: server.url }, "observer");
  const statuses = observer.status();
  await server.kill();
  for await (const { type } of statuses) if (type === "disconnect") break;
  await pause(100);
  await observer.close();
}

clusterTest("Calls and answers wait while the server is away", async () => {
  await using server = await NatsServer.start();
  const { url: servers } = server;
  await using runtime = await unpinned(1).build();
  await using host = await serve(runtime, tasks, { servers });
  await using cluster = await connect({ servers });
  const path = join(folder, "go");
  const held = Promise.withResolvers<unknown>();
  const answer = cluster.with({ onProgress: held.resolve })
    .spawnCompute(hold, path);
  await held.promise;
  await kill(server);
  writeFileSync(path, "");
  while (host.inFlight > 0) await pause(5);
  const call = cluster.spawnCompute(double, 21);
  const abort = new AbortController();
  const left = cluster.with({ signal: abort.signal }).spawnCompute(turn);
  abort.abort();
  await assert.rejects(left, { name: "AbortError" });
  await server.restart();
  assert.deepEqual(await Promise.all([answer, call]), ["let go", 42]);
  // The cancelled one has not run.
  assert.equal(await cluster.spawnCompute(turn), 1);
});

clusterTest(
  "A call for which the server is away too long is not sent",
  async () => {
    await using server = await NatsServer.start();
    await using cluster = await connect({ servers: server.url });
    await kill(server);
    await assert.rejects(
      cluster.spawnCompute(double, 1),
      (error) =>
        error instanceof ClusterError &&
        /^ClusterError: Cannot call double: .* was not sent; start/.test(
          `${error}`,
        ),
    );
  },
);
