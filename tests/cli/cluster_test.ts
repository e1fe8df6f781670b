import assert from "node:assert/strict";
import process from "node:process";
import type { ClusterHost } from "../../lib/cluster/mod.ts";
import { connect } from "../../lib/cluster/mod.ts";
import { runProgram } from "../../lib/cli/main.ts";
import { double } from "../fixtures/tasks/cluster.ts";
import { clusterOfFile, clusterTest } from "../support/cluster.ts";
import { startProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";

const { server } = clusterOfFile();
const LOOM = "../../../lib/cli/main.ts";
const TASKS = `${ROOT}/tests/fixtures/tasks/cluster.ts`;

async function loom(...argv: string[]) {
  let [out, err] = ["", ""];
  const exitCode = await runProgram(argv, {
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { exitCode, out, err };
}

clusterTest(
  "loom serve serves a module until SIGTERM, and loom hosts lists it",
  async () => {
    const { url } = await server();
    const none = await loom("hosts", "--nats", url);
    assert.deepEqual([none.exitCode, none.out], [0, "No hosts\n"]);
    const host = startProgram(LOOM, [
      ...["serve", TASKS, "--nats", url, "--group", "g", "--host-name", "h1"],
      ...["--task-version", "1.2.0", "--room", "3", "--max-calls", "5"],
      ...["--loom-compute-threads", "1", "--no-loom-pin-threads"],
    ]);
    assert.match(await host.firstLine, /^Serving .* with 1 compute worker$/);
    await using cluster = await connect({ servers: url, group: "g" });
    assert.equal(await cluster.spawnCompute(double, 4), 8);
    const json = await loom("hosts", "--nats", url, "--json");
    const [found] = JSON.parse(json.out) as ClusterHost[];
    assert.deepEqual([found.host, found.group, found.version, found.pid], [
      "h1",
      "g",
      "1.2.0",
      host.pid,
    ]);
    const text = await loom("hosts", "--nats", url);
    assert.match(text.out, /^h1 +g +1\.2\.0 +1\/\d+ /m);
    assert.match(text.out, /^ {2}double +1 done, 0 failed, [\d.]+ ms$/m);
    process.kill(host.pid, "SIGTERM");
    const { code, stdout, stderr } = await host.end;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(stdout, /\nLeft\n$/);
  },
);

clusterTest("loom serve and loom hosts say what is wrong", async () => {
  const { url } = await server();
  const unpinned = ["--no-loom-pin-threads", "--nats", url];
  for (
    const [argv, message] of [
      [["serve", "no_such.ts"], /^Cannot serve tasks of no_such\.ts: /],
      [["serve", `${ROOT}/lib/errors.ts`], /the module exports none/],
      [["serve", TASKS, "--room", "x"], /--room must be a positive integer/],
      [["hosts", "--nats", "nats://127.0.0.1:1"], /^Cannot connect to NATS/],
    ] as const
  ) {
    const options = argv[0] === "serve" ? unpinned : [];
    const { exitCode, err } = await loom(...argv, ...options);
    assert.equal(exitCode, 1);
    assert.match(err, message);
  }
});
