import { context, propagation, SpanKind } from "@opentelemetry/api";
import assert from "node:assert/strict";
import { type Cluster, serve } from "../../lib/cluster/mod.ts";
import * as tasks from "../fixtures/tasks/telemetry.ts";
import { clusterOfFile, clusterTest, startHost } from "../support/cluster.ts";
import { HERE } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import type { RuntimeName } from "../support/runtimes.ts";
import { find, traced } from "../support/spans.ts";

const { look, lookLater } = tasks;
const { server, connected } = clusterOfFile();

/** Runs the body on behalf of a user. */
function withUser<T>(user: string, body: () => T): T {
  const bag = propagation.createBaggage({ user: { value: user } });
  return context.with(propagation.setBaggage(context.active(), bag), body);
}

clusterTest(
  "Spans of a host are children of those of its callers",
  async () => {
    const { url: servers } = await server();
    await using runtime = await unpinned(1).build();
    const options = { group: "spans" };
    await using _host = await serve(runtime, tasks, { servers, ...options });
    await using cluster = await connected(options);
    let seen!: tasks.Seen;
    let items: tasks.Seen[] = [];
    const spans = await traced(() =>
      withUser("ada", async () => {
        seen = await cluster.spawnCompute(look);
        const map = cluster.computeMap([1], lookLater, { durable: "spans" });
        items = await Array.fromAsync(map);
        const abort = new AbortController();
        const { signal } = abort;
        const left = cluster.with({ signal }).spawnCompute(look);
        abort.abort();
        await assert.rejects(left, { name: "AbortError" });
      })
    );
    const { CLIENT, SERVER, PRODUCER, INTERNAL } = SpanKind;
    const chains = [
      ["look", "cluster", CLIENT, seen],
      ["lookLater", "clusterMap", PRODUCER, items[0]],
    ] as const;
    const root = find(spans, "root");
    for (const [task, operation, kind, seen] of chains) {
      const [sent] = spans.filter(({ name }) =>
        name === `${operation} ${task}`
      );
      const childOf = ({ id }: tasks.SpanRecord) =>
        spans.filter(({ parent }) => parent === id)[0];
      const served = childOf(sent);
      const ran = childOf(served);
      assert.equal(sent.parent, root.id);
      assert.deepEqual(
        [sent, served, ran].map(({ name, kind }) => [name, kind]),
        [
          [`${operation} ${task}`, kind],
          [`serve ${task}`, SERVER],
          [`compute ${task}`, INTERNAL],
        ],
      );
      assert.deepEqual([seen.span, seen.trace, seen.user], [
        ran.id,
        root.trace,
        "ada",
      ]);
      assert.equal(served.attributes["loom.outcome"], "ok");
    }
    const outcomes = spans.filter(({ name }) => name === "cluster look")
      .map(({ attributes }) => attributes["loom.outcome"]);
    assert.deepEqual(outcomes, ["ok", "cancelled"]);
    const map = find(spans, "clusterMap lookLater");
    assert.equal(map.attributes["loom.items"], 1);
  },
);

for (const runtime of ["Deno", "Bun"] satisfies RuntimeName[]) {
  clusterTest(
    `The context of a caller on ${HERE} goes to a host on ${runtime}`,
    async () => {
      const { url } = await server();
      const options = { group: `far-${runtime}` };
      await using _host = await startHost(
        url,
        options,
        runtime,
        "traced_host.ts",
      );
      await using cluster = await connected(options);
      let seen!: tasks.Seen;
      const spans = await traced(() =>
        withUser("grace", async () => {
          seen = await cluster.spawnCompute(look);
          await callAtLimit(cluster);
        })
      );
      const { trace, id } = find(spans, "cluster look");
      assert.deepEqual([seen.trace, seen.user], [trace, "grace"]);
      // That of the host.
      assert.notEqual(seen.span, id);
      const plain = await cluster.spawnCompute(look);
      assert.notEqual(plain.trace, trace);
      assert.equal(plain.user, undefined);
    },
  );
}

/** Makes a call that fits into a message only if no context goes along. */
async function callAtLimit(cluster: Cluster): Promise<void> {
  const text = "x".repeat(1024 * 1024 - 60);
  const { user } = await withUser(
    "u".repeat(500),
    () => cluster.spawnCompute(lookLater, text),
  );
  assert.equal(user?.length, 500);
}
