import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ClusterError, connect } from "../../lib/cluster/mod.ts";
import {
  connectToNats,
  endOfConnection,
} from "../../lib/cluster/connection.ts";
import { double, wait } from "../fixtures/tasks/cluster.ts";
import { clusterTest, startHost } from "../support/cluster.ts";
import { createAccount } from "../support/nats_accounts.ts";
import { NatsServer } from "../support/nats_server.ts";
import { afterAll } from "../support/test.ts";

const folder = mkdtempSync(join(tmpdir(), "loom-expiry-"));
afterAll(() => rmSync(folder, { recursive: true }));

clusterTest(
  "Calls and maps whose JWT expires reject, and the program goes on",
  async () => {
    const account = await createAccount();
    await using server = await NatsServer.start(account);
    const { url: servers } = server;
    const [hostFile, file] = ["host", "caller"].map((name) =>
      join(folder, `${name}.creds`)
    );
    writeFileSync(hostFile, await account.credentials());
    await using _host = await startHost(servers, { credentialsFile: hostFile });
    // Time enough to connect, even on a slow machine.
    const expires = Math.floor(Date.now() / 1000) + 6;
    writeFileSync(file, await account.credentials(expires));
    const options = { servers, credentialsFile: file };
    await using cluster = await connect(options);
    await using late = await connect(options);
    assert.equal(await cluster.spawnCompute(double, 21), 42);
    const isExpired = (error: unknown) =>
      error instanceof ClusterError &&
      /^ClusterError: Lost connection to NATS: .*(Expired|Violation).*renew/
        .test(`${error}`);
    // On Deno, one in about fifty is reset after NATS' client has left its socket.
    const others = await Promise.allSettled(
      Array.from({ length: 30 }, () => connectToNats(options, "other")),
    );
    const map = cluster.computeMap([60_000], wait, { durable: "expires" });
    await Promise.all([
      assert.rejects(cluster.spawnCompute(wait, 60_000), isExpired),
      assert.rejects(map.next(), isExpired),
      ...others.map(async (other) => {
        // A slow machine may come too late with some.
        if (other.status === "rejected") return;
        assert.ok(isExpired(await endOfConnection(other.value)));
      }),
    ]);
    await assert.rejects(cluster.spawnCompute(double, 1), isExpired);
    for (const caller of [cluster, late]) {
      const more = caller.computeMap([1], double, { durable: "more" });
      await assert.rejects(more.next(), isExpired);
    }
  },
);

clusterTest("Credentials that are renewed in their file are used", async () => {
  const [first, second] = [await createAccount(), await createAccount()];
  await using server = await NatsServer.start(first);
  const credentialsFile = join(folder, "renewed.creds");
  writeFileSync(credentialsFile, await first.credentials());
  const options = { credentialsFile };
  await using _host = await startHost(server.url, options);
  await using cluster = await connect({ servers: server.url, ...options });
  assert.equal(await cluster.spawnCompute(double, 1), 2);
  writeFileSync(credentialsFile, await second.credentials());
  await server.kill();
  await server.restart(second);
  const retried = async (): Promise<number> => {
    try {
      return await cluster.with({ timeoutMs: 500 }).spawnCompute(double, 2);
    } catch (error) {
      // One of the two is not connected yet.
      assert.match((error as Error).name, /NoHostError|TimeoutError/);
      return await retried();
    }
  };
  assert.equal(await retried(), 4);
});

clusterTest(
  "A host that a server no longer accepts ends with an error",
  async () => {
    const token = "open sesame";
    const config = `authorization { token: "${token}" }`;
    await using server = await NatsServer.start({ config });
    const { url: servers } = server;
    await using host = await startHost(servers, { token });
    await using cluster = await connect({ servers, token });
    const map = cluster.computeMap([60_000], wait, { durable: "refused" });
    const next = assert.rejects(map.next(), ClusterError);
    await cluster.spawnCompute(double, 1);
    await server.kill();
    await server.restart({ config: 'authorization { token: "another" }' });
    const { code, stderr } = await host.end;
    assert.equal(code, 1);
    assert.match(
      stderr,
      /ClusterError: Lost connection to NATS: Authorization/,
    );
    await next;
  },
);
