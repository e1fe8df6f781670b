import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TimeoutError } from "../../mod.ts";
import type { Cluster, ClusterPriority } from "../../lib/cluster/mod.ts";
import {
  count,
  cpuTime,
  double,
  endless,
  hold,
  tell,
  turn,
  untilCancelled,
  wait,
} from "../fixtures/tasks/cluster.ts";
import { clusterOfFile, clusterTest, startHost } from "../support/cluster.ts";
import { HERE } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import type { RuntimeName } from "../support/runtimes.ts";

const { server, connected } = clusterOfFile();

/** Holds the only worker of a host. */
class HeldWorker implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "loom-held-"));
  readonly #path = join(this.#folder, "go");
  /** Resolves when it is held. */
  readonly held: Promise<unknown>;
  /** Resolves when it is let go. */
  readonly end: Promise<string>;

  constructor(cluster: Cluster) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    this.held = promise;
    this.end = cluster.with({ onProgress: resolve })
      .spawnCompute(hold, this.#path);
    // A test that fails shows its own error.
    this.end.catch(() => {});
  }

  letGo(): void {
    writeFileSync(this.#path, "");
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Resolves when the hosts of the group have `count` calls. */
async function untilInFlight(
  cluster: Cluster,
  group: string,
  count: number,
): Promise<void> {
  const has = async () => {
    const hosts = await cluster.hosts({ waitMs: 100 });
    return hosts.find((host) => host.group === group)?.inFlight === count;
  };
  while (!await has());
}

for (const runtime of ["Deno", "Bun"] satisfies RuntimeName[]) {
  clusterTest(
    `Reports come from a host on ${runtime} to ${HERE} while the task runs, the last before the result`,
    async () => {
      const { url } = await server();
      const options = { group: `reports-${runtime}` };
      await using _host = await startHost(url, options, runtime);
      await using cluster = await connected(options);
      using worker = new HeldWorker(cluster);
      assert.equal(await worker.held, "holds");
      worker.letGo();
      assert.equal(await worker.end, "let go");
      const seen: number[] = [];
      const onProgress = (value: unknown) => void seen.push(value as number);
      const view = cluster.with({ onProgress });
      assert.equal(await view.spawnCompute(count, 50_000), 50_000);
      assert.equal(seen.at(-1), 50_000);
      assert.deepEqual(seen, [...new Set(seen)].sort((a, b) => a - b));
    },
  );
}

clusterTest(
  "What a listener throws, and a report that is too large, reject the call",
  async () => {
    const { url } = await server();
    const options = { group: "listeners" };
    await using _host = await startHost(url, options);
    await using cluster = await connected(options);
    const failing = cluster.with({
      onProgress: () => {
        throw new RangeError("enough");
      },
    });
    await assert.rejects(failing.spawnCompute(count, 5), /enough/);
    const large = "x".repeat(2_000_000);
    await assert.rejects(
      cluster.with({ onProgress: () => {} }).spawnCompute(tell, large),
      { name: "PayloadTooLargeError", message: /max_payload of the server/ },
    );
    assert.equal(await cluster.spawnCompute(double, 1), 2);
  },
);

clusterTest(
  "A host ends calls whose callers have left or whose time is over",
  async () => {
    const { url } = await server();
    const options = { group: "ended" };
    await using _host = await startHost(url, options);
    await using cluster = await connected(options);
    for (const task of [untilCancelled, endless]) {
      const controller = new AbortController();
      const { signal } = controller;
      const left = cluster.with({ signal }).spawnCompute(task);
      await untilInFlight(cluster, "ended", 1);
      controller.abort(new Error("no longer"));
      await assert.rejects(left, /no longer/);
      await assert.rejects(
        cluster.with({ signal }).spawnCompute(double, 1),
        /no longer/,
      );
      assert.equal(await cluster.spawnCompute(double, 1), 2);
      await assert.rejects(
        cluster.with({ timeoutMs: 50 }).spawnCompute(task),
        (error) => error instanceof TimeoutError && error.limit === "timeoutMs",
      );
      assert.equal(await cluster.spawnCompute(double, 2), 4);
    }
    // Hangs if a worker still computes.
    let share = 1;
    while (share > 0.5) {
      const [before, start] = [await cluster.spawnCompute(cpuTime), Date.now()];
      await cluster.spawnCompute(wait, 200);
      const usedMs = (await cluster.spawnCompute(cpuTime) - before) / 1000;
      share = usedMs / (Date.now() - start);
    }
  },
);

clusterTest(
  "Urgent calls go first, and those that wait too long never run",
  async () => {
    const { url } = await server();
    const options = { group: "urgent" };
    await using _host = await startHost(url, options);
    await using cluster = await connected(options);
    // The first call of a task loads it, while others may begin.
    assert.equal(await cluster.spawnCompute(turn), 1);
    using worker = new HeldWorker(cluster);
    await worker.held;
    const turns = (["low", "normal", "high"] satisfies ClusterPriority[])
      .map((priority) => cluster.with({ priority }).spawnCompute(turn));
    Promise.all(turns).catch(() => {});
    await untilInFlight(cluster, "urgent", 4);
    await assert.rejects(
      cluster.with({ queueTimeoutMs: 20 }).spawnCompute(turn),
      (error) =>
        error instanceof TimeoutError && error.limit === "queueTimeoutMs",
    );
    worker.letGo();
    assert.deepEqual(await Promise.all(turns), [4, 3, 2]);
    const patient = cluster.with({ queueTimeoutMs: Infinity });
    assert.equal(await patient.spawnCompute(turn), 5);
  },
);

clusterTest(
  "A call that waits for a full host stops when its time to begin is over",
  async () => {
    const { url } = await server();
    const options = { group: "full" };
    await using _host = await startHost(url, { ...options, maxCalls: 1 });
    await using cluster = await connected(options);
    using worker = new HeldWorker(cluster);
    await worker.held;
    const view = cluster.with({ queue: "wait", queueTimeoutMs: 50 });
    await assert.rejects(view.spawnCompute(turn), TimeoutError);
    worker.letGo();
    await worker.end;
    assert.equal(await cluster.spawnCompute(turn), 1);
  },
);

clusterTest("Calls on the caller's own runtime have the options", async () => {
  await using runtime = await unpinned(1).build();
  await using cluster = await connected({ group: "nobody", runtime });
  const seen: unknown[] = [];
  const onProgress = (value: unknown) => void seen.push(value);
  await cluster.with({ onProgress }).spawnCompute(tell, "here");
  assert.deepEqual(seen, ["here"]);
  await assert.rejects(
    cluster.with({ timeoutMs: 50 }).spawnCompute(untilCancelled),
    TimeoutError,
  );
});
