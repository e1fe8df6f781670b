import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, lstatSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { LoomError } from "../../mod.ts";
import { ask, findProcesses, findSocket } from "../../lib/observer/client.ts";
import type { Snapshot } from "../../lib/observer/snapshot.ts";
import { withFiles } from "../config/config_file.ts";
import { startProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const inFolder = (body: (folder: string) => Promise<void>) => () =>
  withFiles({}, body);

test(
  "An observed runtime answers on a socket of this user alone, until it has ended",
  inFolder(async (folder) => {
    const socket = join(folder, "loom-1.sock");
    const runtime = await unpinned(2).observe({ socket }).build();
    function square(n: number) {
      return n * n;
    }
    await Promise.all([1, 2, 3].map((n) => runtime.spawnCompute(square, n)));
    assert.equal(lstatSync(socket).mode & 0o777, 0o600);
    assert.deepEqual(runtime.observer, { socket });
    const snapshot: Snapshot = JSON.parse(await ask(socket, "/snapshot"));
    assert.equal(snapshot.pid, process.pid);
    assert.equal(snapshot.name, "test");
    assert.match(snapshot.runtime, /^(deno|bun) \d+\.\d+\.\d+$/);
    const { tasks, threads } = snapshot.metrics;
    assert.deepEqual(tasks.map(({ name, runs }) => [name, runs]), [
      ["square", 3],
    ]);
    assert.equal(threads.length, 3);
    assert.ok(snapshot.buckets.latency.length > 0);
    const text = await ask(socket, "/metrics");
    assert.match(text, /^loom_task_runs_total\{task="square"\} 3$/m);
    const picture = await ask(socket, "/machine.svg");
    assert.match(picture, /^<svg [^]*<\/svg>\n$/);
    const drawn = [...picture.matchAll(/data-threads="([^"]+)"/g)]
      .flatMap(([, names]) => names.split("/"));
    assert.deepEqual(
      drawn.sort(),
      threads.map(({ name }) => name).sort(),
    );
    assert.match(await ask(socket, "/"), /^<!doctype html>/i);
    await assert.rejects(ask(socket, "/secrets"), {
      message: `Cannot ask for /secrets at "${socket}": No /secrets here: ` +
        "there are /, /snapshot, /metrics, /trace, /calls, /hosts, /machine.svg",
    });
    await assert.rejects(ask(socket, "/hosts"), /belongs to no cluster/);
    // Neither ends the program.
    await assert.rejects(ask(socket, "//"), /No \/\/ here/);
    await assert.rejects(
      ask(socket, "http://["),
      /Refused: http:\/\/\[ is no path/,
    );
    const { traceEvents } = JSON.parse(await ask(socket, "/trace?ms=10"));
    assert.equal(traceEvents[0].name, "process_name");
    const { nowMs, slices } = JSON.parse(await ask(socket, "/calls?since=0"));
    assert.ok(nowMs > snapshot.metrics.timeMs);
    assert.deepEqual(slices, []);
    await assert.rejects(ask(socket, "/trace?ms=never"), {
      message: `Cannot ask for /trace?ms=never at "${socket}": Cannot trace: ` +
        "the time must be from 0 to 600000 milliseconds, got NaN",
    });
    await runtime.blockUntilIdle();
    assert.ok(!existsSync(socket));
  }),
);

test(
  "A socket that a killed process has left is replaced, one in use is not",
  inFolder(async (folder) => {
    const socket = join(folder, "loom-1.sock");
    const program = startProgram("is_observed.ts", [socket]);
    assert.equal(await program.firstLine, socket);
    await assert.rejects(unpinned(1).observe({ socket }).build(), {
      name: LoomError.name,
      message: `Cannot open observer socket "${socket}": another runtime ` +
        "listens there; choose another path, or end that runtime",
    });
    process.kill(program.pid, "SIGKILL");
    await program.end;
    assert.ok(existsSync(socket));
    await using _ = await unpinned(1).observe({ socket }).build();
    assert.equal(JSON.parse(await ask(socket, "/snapshot")).pid, process.pid);
    const file = join(folder, "file");
    writeFileSync(file, "");
    await assert.rejects(unpinned(1).observe({ socket: file }).build(), {
      message: `Cannot open observer socket "${file}": it exists and is no ` +
        "socket; choose another path",
    });
  }),
);

test(
  "An observed process ends by itself while a tool is connected",
  inFolder(async (folder) => {
    const socket = join(folder, "loom-1.sock");
    const program = startProgram("is_observed.ts", [socket]);
    await program.firstLine;
    const tool = connect(socket);
    tool.write("GET /snapshot HTTP/1.1\r\nhost: localhost\r\n\r\n");
    await once(tool, "data");
    process.kill(program.pid, "SIGTERM");
    const { code, stderr } = await program.end;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.ok(!existsSync(socket));
    tool.destroy();
  }),
);

test("Over HTTP, only requests that name this machine are answered", async () => {
  await using runtime = await unpinned(1).observe({ http: "127.0.0.1:0" })
    .build();
  const { url = "", ...others } = runtime.observer;
  assert.deepEqual(others, {});
  const { status } = await fetch(`${url}snapshot`);
  assert.equal(status, 200);
  const statusFor = (host: string) =>
    new Promise<number | undefined>((answered, failed) => {
      const { hostname, port } = new URL(url);
      const options = { hostname, port, headers: { host }, agent: false };
      request(options, (response) => {
        response.resume();
        answered(response.statusCode);
      }).on("error", failed).end();
    });
  assert.equal(await statusFor("localhost:9000"), 200);
  assert.equal(await statusFor("attacker.example"), 403);
  assert.equal(await statusFor("127.0.0.1.attacker.example"), 403);
});

test(
  "Tools find the only observed process, or say which there are",
  inFolder(async (folder) => {
    await assert.rejects(findSocket(undefined, [folder]), {
      message: `Cannot find process: it has no socket in ${folder}; start it ` +
        "with --loom-observe, LOOM_OBSERVE=1 or .observe(), or name its socket",
    });
    const [first, second] = ["loom-1.sock", "loom-2.sock"].map((name) =>
      join(folder, name)
    );
    await using _ = await unpinned(1).observe({ socket: first }).build();
    // No socket, and one of a process that has ended, count for nothing.
    writeFileSync(join(folder, "loom-3.sock"), "");
    assert.equal(await findSocket(undefined, [folder]), first);
    assert.equal(await findSocket("1", [folder]), first);
    assert.equal(await findSocket("/other.sock", [folder]), "/other.sock");
    await using _other = await unpinned(1).observe({ socket: second }).build();
    assert.deepEqual(await findProcesses([folder]), [
      { pid: 1, socket: first },
      { pid: 2, socket: second },
    ]);
    await assert.rejects(findSocket(undefined, [folder]), {
      message: "Cannot choose process: there are 2 sockets; name one of " +
        `them:\n  1  ${first}\n  2  ${second}`,
    });
  }),
);
