import assert from "node:assert/strict";
import process from "node:process";
import { double, echo } from "../fixtures/tasks/cluster.ts";
import { askHosts, clusterOfFile, clusterTest } from "../support/cluster.ts";
import {
  type ProgramOptions,
  runProgram,
  startProgram,
} from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";

const { server, connected } = clusterOfFile();

/** From the folder of the programs of tests. */
const LOOM = "../../../lib/cli/main.ts";

async function serving(
  group: string,
  permissions: readonly string[],
  ...flags: string[]
): Promise<{ args: string[]; options: ProgramOptions }> {
  const { url } = await server();
  return {
    args: [
      ...["serve", `${ROOT}/tests/fixtures/tasks/cluster.ts`, "--nats", url],
      ...["--group", group, "--loom-compute-threads", "1"],
      ...["--no-loom-pin-threads", ...flags],
    ],
    options: {
      runtime: "Deno",
      permissions: [netOf(url), `--allow-read=${ROOT}`, ...permissions],
    },
  };
}

function netOf(url: string): string {
  return `--allow-net=${url.slice("nats://".length)}`;
}

for (
  const { permissions, flags } of [
    { permissions: [], flags: ["--host-name", "few"] },
    { permissions: ["--allow-sys=hostname,loadavg"], flags: [] },
  ]
) {
  clusterTest(
    `On Deno, loom serve needs the server, its files and ${
      permissions[0] ?? "a name"
    }`,
    async () => {
      const group = `permissions-${permissions.length}`;
      const { args, options } = await serving(group, permissions, ...flags);
      const host = startProgram(LOOM, args, options);
      assert.match(await host.firstLine, /^Serving/);
      await using cluster = await connected({ group });
      assert.equal(await cluster.spawnCompute(double, 21), 42);
      const items = [1, new Uint8Array(2_000_000).fill(1)];
      const results = [];
      const map = cluster.computeMap(items, echo, { durable: group });
      for await (const item of map) results.push(item);
      assert.deepEqual(results, items);
      const [found] = await askHosts(cluster, (host) => host.group === group);
      const counts = found.tasks.find(({ name }) => name === "double");
      assert.equal(counts?.ended, 1);
      process.kill(host.pid, "SIGTERM");
      const { code, stderr } = await host.end;
      assert.deepEqual([code, stderr.match(/not read|error/gi)], [0, [
        "not read", // of the environment, of which nothing is needed
      ]]);
    },
  );
}

clusterTest("On Deno, a host without a name says what it needs", async () => {
  const { args, options } = await serving("unnamed", []);
  const { code, stderr } = await runProgram(LOOM, args, options);
  assert.equal(code, 1);
  assert.match(
    stderr,
    /^Cannot name host .*--host-name.*--allow-sys=hostname/m,
  );
});

clusterTest("On Deno, a caller needs nothing but the server", async () => {
  const { url } = await server();
  const group = "for-callers";
  const { args, options } = await serving(group, [], "--host-name", "h");
  const host = startProgram(LOOM, args, options);
  await host.firstLine;
  const { code, stdout, stderr } = await runProgram(
    "cluster_caller.ts",
    [url, group, "caller", "3"],
    { runtime: "Deno", permissions: [netOf(url)] },
  );
  assert.deepEqual([code, stdout], [0, "0\n2\n4\n"], stderr);
  process.kill(host.pid, "SIGTERM");
  await host.end;
});
