import assert from "node:assert/strict";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { ClusterError, connect } from "../../lib/cluster/mod.ts";
import { connectToNats } from "../../lib/cluster/connection.ts";
import { Streams } from "../../lib/cluster/streams.ts";
import { Subjects } from "../../lib/cluster/subjects.ts";
import { double, echo, failAt, wait } from "../fixtures/tasks/cluster.ts";
import { clusterOfFile, clusterTest, startHost } from "../support/cluster.ts";
import { NatsServer } from "../support/nats_server.ts";
import { HERE, startProgram } from "../support/program.ts";
import type { RuntimeName } from "../support/runtimes.ts";

const { server, connected } = clusterOfFile();

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, n) => n);
}

async function collect<T>(results: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const result of results) list.push(result);
  return list;
}

for (const runtime of ["Deno", "Bun"] satisfies RuntimeName[]) {
  clusterTest(
    `A durable map from ${HERE} through a host on ${runtime} has all results`,
    async () => {
      const { url } = await server();
      const group = `durable-${runtime}`;
      await using _host = await startHost(url, { group }, runtime);
      await using cluster = await connected();
      const doubled = numbers(2000).map((n) => 2 * n);
      for (const ordered of [true, false]) {
        const options = { group, durable: `all-${group}`, ordered };
        const results = await collect(
          cluster.computeMap(numbers(2000), double, options),
        );
        if (!ordered) results.sort((a, b) => a - b);
        assert.deepEqual(results, doubled);
      }
    },
  );
}

clusterTest(
  "A durable map keeps at most `concurrency` items in flight",
  async () => {
    const { url } = await server();
    const group = "bounded";
    await using _host = await startHost(url, { group });
    await using cluster = await connected();
    let read = 0;
    let taken = 0;
    let most = 0;
    function* source() {
      for (; read < 200;) {
        most = Math.max(most, ++read - taken);
        yield read;
      }
    }
    const options = { group, durable: group, concurrency: 16 };
    for await (const _ of cluster.computeMap(source(), echo, options)) taken++;
    assert.deepEqual([taken, most <= 16], [200, true], `${most} in flight`);
  },
);

clusterTest(
  "Items of a durable map fail at their place, and the next caller goes on",
  async () => {
    const { url } = await server();
    const options = { group: "failing", durable: "failing" };
    await using _host = await startHost(url, { group: "failing", name: "h" });
    await using cluster = await connected();
    const results: unknown[] = [];
    const map = () => cluster.computeMap(numbers(10), failAt, options);
    await assert.rejects(async () => {
      for await (const result of map()) results.push(result);
    }, { name: "RangeError", message: "five", host: "h" });
    assert.deepEqual(results, [0, 1, 2, 3, 4]);
    assert.deepEqual(await collect(map()), [6, 7, 8, 9]);
    // The map has ended, so that its name can be used again.
    const others = cluster.computeMap([1, () => {}, 3], echo, options);
    assert.equal((await others.next()).value, 1);
    await assert.rejects(others.next(), { name: "DataCloneError" });
    await cluster.forgetMap("failing");
  },
);

clusterTest(
  "Large items and results of a durable map go through the store",
  async () => {
    const { url } = await server();
    const group = "large-items";
    await using _host = await startHost(url, { group });
    await using cluster = await connected();
    const items = numbers(4).map((n) => new Uint8Array(1_500_000).fill(n));
    const options = { group, durable: group };
    assert.deepEqual(
      await collect(cluster.computeMap(items, echo, options)),
      items,
    );
  },
);

clusterTest(
  "A caller that leaves the loop, or is another, goes on where it was",
  async () => {
    const { url } = await server();
    const options = { group: "paused", durable: "paused", concurrency: 32 };
    await using _host = await startHost(url, { group: "paused" });
    await using cluster = await connected();
    const map = () => cluster.computeMap(numbers(500), double, options);
    const results: number[] = [];
    for await (const result of map()) {
      results.push(result);
      if (results.length === 123) break;
    }
    await using second = await connected();
    const rest = second.computeMap(numbers(500), double, options);
    for await (const result of rest) {
      results.push(result);
      if (results.length === 300) break;
    }
    results.push(...await collect(map()));
    assert.deepEqual(results, numbers(500).map((n) => 2 * n));
  },
);

clusterTest(
  "A caller that another has taken over, or of another task, gets an error",
  async () => {
    const { url } = await server();
    const options = { group: "taken", durable: "taken" };
    await using _host = await startHost(url, { group: "taken" });
    await using cluster = await connected();
    const first = cluster.computeMap(numbers(3000), double, options);
    await first.next();
    await using second = await connected();
    await assert.rejects(
      second.computeMap([1], echo, options).next(),
      /begun with task double, not echo/,
    );
    const rest = second.computeMap(numbers(3000), double, options);
    await rest.next();
    await assert.rejects(
      collect(first),
      (error) =>
        error instanceof ClusterError && /taken it over/.test(`${error}`),
    );
    await rest.return!();
    await cluster.forgetMap("taken");
  },
);

clusterTest(
  "A durable map ends with its signal, and with its source",
  async () => {
    const { url } = await server();
    const group = "ends";
    await using _host = await startHost(url, { group });
    await using cluster = await connected();
    const controller = new AbortController();
    const { signal } = controller;
    const slow = cluster.computeMap([60_000], wait, {
      ...{ group, signal, durable: "slow" },
    });
    const next = slow.next();
    controller.abort(new Error("enough"));
    await assert.rejects(next, /enough/);
    await cluster.forgetMap("slow");
    async function* broken() {
      yield await Promise.resolve(1);
      yield 2;
      throw new Error("the source failed");
    }
    const results: number[] = [];
    await assert.rejects(async () => {
      const options = { group, durable: "broken" };
      for await (
        const result of cluster.computeMap(broken(), double, options)
      ) {
        results.push(result);
      }
    }, /the source failed/);
    assert.deepEqual(results, [2, 4]);
    await cluster.forgetMap("broken");
  },
);

clusterTest(
  "A killed caller that starts again gets the results that are left",
  async () => {
    const { url } = await server();
    const group = "killed";
    await using _host = await startHost(url, { group });
    const run = () =>
      startProgram("cluster_caller.ts", [url, group, "killed", "3000"]);
    const first = run();
    await first.firstLine;
    process.kill(first.pid, "SIGKILL");
    const before = linesOf((await first.end).stdout);
    const { code, stdout, stderr } = await run().end;
    assert.equal(code, 0, stderr);
    const after = linesOf(stdout);
    assert.ok(before.length < 3000, `${before.length} before it was killed`);
    // Those that were taken since the state was written last may come again.
    const results = new Set([...before, ...after]);
    assert.deepEqual([...results], numbers(3000).map((n) => 2 * n));
    assert.ok(
      before.length + after.length - 3000 < before.length ||
        before.length < 64,
      `${before.length} before, ${after.length} after`,
    );
  },
);

function linesOf(text: string): number[] {
  return text.trimEnd().split("\n").map(Number);
}

clusterTest(
  "Hosts find items after a server has lost the numbers of its messages",
  async () => {
    await using server = await NatsServer.start();
    await using cluster = await connect({ servers: server.url });
    // One item in each message.
    const map = (count: number) => {
      const options = { durable: `${count}`, concurrency: 8 };
      return collect(cluster.computeMap(numbers(count), double, options));
    };
    {
      await using _host = await startHost(server.url);
      assert.equal((await map(60)).length, 60);
    }
    await server.loseMessages("LOOM_WORK");
    await using _host = await startHost(server.url);
    assert.equal((await map(20)).length, 20);
    // Now the host, which goes on, comes after the first items.
    await server.loseMessages("LOOM_WORK");
    assert.equal((await map(30)).length, 30);
  },
);

clusterTest(
  "Hosts find items that a server has numbered anew before they are back",
  async () => {
    await using server = await NatsServer.start();
    await using cluster = await connect({ servers: server.url });
    const map = (count: number) =>
      collect(cluster.computeMap(numbers(count), double, {
        durable: `${count}`,
      }));
    {
      await using _host = await startHost(server.url);
      assert.equal((await map(3)).length, 3);
    }
    // The server stores with a delay what was acknowledged; else it sends that again, after 30 s.
    await pause(1000);
    await server.loseMessages("LOOM_WORK");
    const results = map(20);
    await using streams = await openStreams(server.url);
    while (await streams.count("20") < 10);
    await using _host = await startHost(server.url);
    assert.equal((await results).length, 20);
  },
);

/** Looks into the streams of a server. */
async function openStreams(servers: string) {
  const connection = await connectToNats({ servers }, "test");
  const subjects = new Subjects();
  const streams = new Streams(connection, subjects);
  return {
    /** How many messages with items of a map wait. */
    count: async (map: string) =>
      (await streams.ranges("work", subjects.mapWork(map, "*"))).length,
    [Symbol.asyncDispose]: () => connection.close(),
  };
}
