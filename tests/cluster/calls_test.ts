import assert from "node:assert/strict";
import {
  ClusterVersionError,
  HostLostError,
  InvalidTaskError,
  LoomBuilder,
  type LoomRuntime,
  NoHostError,
  PayloadTooLargeError,
  QueueFullError,
  task,
} from "../../mod.ts";
import { type ClusterHost, connect, serve } from "../../lib/cluster/mod.ts";
import { Answers } from "../../lib/observer/answers.ts";
import { double, echo, fail, wait, where } from "../fixtures/tasks/cluster.ts";
import * as tasks from "../fixtures/tasks/cluster.ts";
import {
  askHosts,
  clusterOfFile,
  clusterTest,
  startHost,
} from "../support/cluster.ts";
import { NatsServer } from "../support/nats_server.ts";
import { HERE } from "../support/program.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { unpinned } from "../support/runtime.ts";

const { server, connected } = clusterOfFile();

/** A task that no host serves. */
const unknown = task(import.meta.url, function unknown(): void {});

for (const runtime of ["Deno", "Bun"] satisfies RuntimeName[]) {
  clusterTest(
    `Calls and errors cross from ${HERE} to a host on ${runtime}`,
    async () => {
      const { url } = await server();
      const options = { group: `calls-${runtime}`, name: "far-away" };
      await using host = await startHost(url, options, runtime);
      await using cluster = await connected(options);
      assert.equal(await cluster.spawnCompute(double, 21), 42);
      const values = [undefined, { a: [1n, new Date(0)] }, new Map([[1, "x"]])];
      for (const value of values) {
        assert.deepEqual(await cluster.spawnCompute(echo, value), value);
      }
      assert.equal(await cluster.spawnCompute(where, 0), host.pid);
      const error = await cluster.spawnCompute(fail, "too far").catch((e) => e);
      assert.ok(error instanceof RangeError);
      assert.equal(error.message, "too far");
      assert.ok(error.cause instanceof TypeError);
      assert.match(error.stack ?? "", /tasks\/cluster\.ts/);
      assert.equal((error as { host?: string }).host, "far-away");
    },
  );
}

clusterTest(
  "Payloads larger than a message go through the store, which is empty afterwards",
  async () => {
    const { url } = await server();
    const options = { group: "large", prefix: "large" };
    await using _host = await startHost(url, options);
    await using cluster = await connected(options);
    const bytes = new Uint8Array(3_000_000).map((_, i) => i % 251);
    assert.deepEqual(await cluster.spawnCompute(echo, bytes), bytes);
    const { Objm } = await import("@nats-io/obj");
    const { connectToNats } = await import("../../lib/cluster/connection.ts");
    const connection = await connectToNats({ servers: url }, "test");
    const bucket = await new Objm(connection).open("LARGE_PAYLOADS");
    assert.deepEqual(
      (await bucket.list()).filter(({ deleted }) => !deleted),
      [],
    );
    await connection.close();
  },
);

clusterTest("A call that no host can take says why", async () => {
  const { url } = await server();
  const options = { group: "refusals", version: "1.2.0", maxDepth: 20 };
  await using _host = await startHost(url, {
    ...options,
    ...{ maxPayloadBytes: 100_000, maxCalls: 1 },
  });
  await using cluster = await connected(options);
  await assert.rejects(
    cluster.spawnCompute(unknown),
    (error) => error instanceof NoHostError && /unknown/.test(error.message),
  );
  const plain = ((n: number) => n) as unknown as typeof double;
  await assert.rejects(cluster.spawnCompute(plain, 1), InvalidTaskError);
  await using other = await connected({ group: "refusals", version: "1.3.0" });
  await assert.rejects(
    other.spawnCompute(double, 1),
    (error) =>
      error instanceof ClusterVersionError &&
      /1\.3\.0.*1\.2\.0/.test(`${error}`),
  );
  await assert.rejects(
    cluster.spawnCompute(echo, new Uint8Array(200_000)),
    PayloadTooLargeError,
  );
  const deep: unknown[] = [];
  let inner = deep;
  for (let i = 0; i < 20; i++) inner.push(inner = []);
  await assert.rejects(cluster.spawnCompute(echo, deep), /maxDepth/);
  await assert.rejects(
    cluster.spawnCompute(echo, new SharedArrayBuffer(8)),
    { name: "DataCloneError", message: /machines share no memory/ },
  );
  const slow = cluster.spawnCompute(wait, 500);
  await assert.rejects(cluster.spawnCompute(double, 1), QueueFullError);
  const patient = cluster.with({ queue: "wait" });
  assert.equal(await patient.spawnCompute(double, 4), 8);
  assert.equal(await slow, 500);
});

clusterTest(
  "A caller with a runtime sends only what has no room there",
  async () => {
    const { url } = await server();
    const options = { group: "overflow" };
    await using host = await startHost(url, options);
    await using runtime = await unpinned(1).build();
    await using cluster = await connected({ ...options, runtime, room: 2 });
    const pids = await Promise.all(
      Array.from({ length: 6 }, () => cluster.spawnCompute(where, 300)),
    );
    assert.equal(pids.filter((pid) => pid === host.pid).length, 4);
    assert.ok(await listsHost(runtime, host.pid));
    await cluster.close();
    assert.equal(runtime.listHosts, undefined);
  },
);

/** Whether the tools that observe a runtime see a host of its cluster. */
async function listsHost(runtime: LoomRuntime, pid: number): Promise<boolean> {
  const answers = new Answers(runtime);
  const { body: snapshot } = await answers.answer("/snapshot");
  const { body: hosts } = await answers.answer("/hosts");
  return JSON.parse(snapshot).hasHosts &&
    JSON.parse(hosts).some((host: ClusterHost) => host.pid === pid);
}

clusterTest(
  "A host that gets SIGTERM finishes its calls and leaves",
  async () => {
    const { url } = await server();
    const options = { group: "drained" };
    await using host = await startHost(url, options);
    await using cluster = await connected(options);
    const call = cluster.spawnCompute(wait, 400);
    await cluster.spawnCompute(double, 1); // it has both
    const end = host.kill("SIGTERM");
    assert.equal(await call, 400);
    const { code, stdout } = await end;
    assert.deepEqual([code, stdout], [0, "ready\nleft\n"]);
    await assert.rejects(cluster.spawnCompute(double, 1), NoHostError);
  },
);

clusterTest("Hosts are services of NATS, with tasks and counts", async () => {
  const { url } = await server();
  const options = { group: "found", name: "b", version: "2.0.1" };
  await using host = await startHost(url, options);
  await using cluster = await connected({ group: "found" });
  await cluster.spawnCompute(double, 1);
  await cluster.spawnCompute(fail, "x").catch(() => {});
  const hosts = await askHosts(cluster, ({ group }) => group === "found");
  assert.equal(hosts.length, 1);
  const [{ pid, name, version, computeThreads, tasks }] = hosts.map((
    found,
  ) => ({
    ...found,
    name: found.host,
  }));
  assert.deepEqual([pid, name, version, computeThreads], [
    host.pid,
    "b",
    "2.0.1",
    1,
  ]);
  const counts = tasks.map(({ name, ended, failed }) => [name, ended, failed]);
  assert.deepEqual(
    counts.filter(([, ended]) => ended !== 0),
    [["double", 1, 0], ["fail", 1, 1]],
  );
});

clusterTest(
  "serve() refuses modules without tasks, and two of one name",
  async () => {
    const { url: servers } = await server();
    await using runtime = await new LoomBuilder().pinThreads(false)
      .computeThreads(1).build();
    await assert.rejects(
      serve(runtime, { a: 1 }, { servers }),
      InvalidTaskError,
    );
    const other = task(import.meta.url, function double(): void {});
    await assert.rejects(
      serve(runtime, [tasks, { other }], { servers }),
      /two exported tasks have the name double/,
    );
  },
);

clusterTest(
  "Without JetStream calls work, and what needs it says so",
  async () => {
    await using server = await NatsServer.start({ jetstream: false });
    await using _host = await startHost(server.url);
    await using cluster = await connect({ servers: server.url });
    assert.equal(await cluster.spawnCompute(double, 2), 4);
    await assert.rejects(
      cluster.spawnCompute(echo, new Uint8Array(2_000_000)),
      /JetStream/,
    );
    const map = cluster.computeMap([1], double, { durable: "none" });
    await assert.rejects(map.next(), /Cannot use JetStream/);
    const results = [];
    for await (const n of cluster.computeMap([1, 2, 3], double)) {
      results.push(
        n,
      );
    }
    assert.deepEqual(results, [2, 4, 6]);
  },
);

clusterTest(
  "A killed host is lost when it is not heard of, and connect() says where it failed",
  async () => {
    const { url } = await server();
    const options = { group: "lost" };
    const host = await startHost(url, options);
    await using cluster = await connected(options);
    const call = cluster.spawnCompute(wait, 60_000);
    await cluster.spawnCompute(double, 1); // it has both
    await host.kill("SIGKILL");
    await assert.rejects(call, HostLostError);
    await assert.rejects(
      connect({ servers: "nats://127.0.0.1:1" }),
      /127\.0\.0\.1:1: .*; start a server/,
    );
  },
);
