import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import process from "node:process";
import { decode } from "fast-png";
import { ON_LOOM, TIME, WebServer } from "../../examples/http_server/server.ts";
import { runProgram, startProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { STRESS } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const PROGRAM = "../../../examples/http_server.ts";

async function sizeOfPng(response: Response): Promise<[number, number]> {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "image/png");
  const { width, height } = decode(await response.arrayBuffer());
  return [width, height];
}

async function assertTime(response: Response): Promise<void> {
  assert.equal(response.status, 200);
  assert.equal(response.headers.get("content-type"), "application/json");
  const { time } = await response.json();
  assert.equal(new Date(time).toISOString(), time);
}

for (const signal of ["SIGINT", "SIGTERM"]) {
  test(`The web server answers its routes and ends on ${signal}`, async () => {
    const { pid, firstLine, end } = startProgram(PROGRAM, ["--port", "0"]);
    const url = /^Listening on (\S+)$/.exec(await firstLine)?.[1];
    assert.ok(url !== undefined, await firstLine);
    await assertTime(await fetch(`${url}/time`));
    for (const path of ["/mandelbrot.png", "/mandelbrot-inline.png"]) {
      assert.deepEqual(await sizeOfPng(await fetch(url + path)), [320, 200]);
    }
    const unknown = await fetch(`${url}/nowhere`);
    assert.deepEqual([unknown.status, await unknown.text()], [
      404,
      "Not found\n",
    ]);
    // Connections that fetch() keeps open must not keep the server from ending.
    process.kill(pid, signal);
    const { code, stderr } = await end;
    assert.deepEqual([code, stderr], [0, ""]);
  });
}

test("The web server answers light requests during a heavy one, and closes after it", async () => {
  await using runtime = await unpinned(1).build();
  const server = new WebServer(runtime);
  const url = await server.listen(0);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const answers: string[] = [];
  try {
    // The only worker waits at the gate, and the heavy request waits for the worker.
    const held = runtime.spawnCompute(
      (gate: Int32Array) => void Atomics.wait(gate, 0, 0),
      gate,
    );
    const heavy = fetch(url + ON_LOOM).then(async (response) => {
      answers.push("heavy");
      assert.deepEqual(await sizeOfPng(response), [320, 200]);
    });
    while (runtime.inFlight.compute < 2 && answers.length === 0) {
      await assertTime(await fetch(url + TIME));
    }
    await assertTime(await fetch(url + TIME));
    answers.push("light");
    const closed = server.close();
    // close() waits for the heavy request.
    openGate(gate);
    await Promise.all([held, heavy, closed]);
  } finally {
    openGate(gate);
  }
  assert.deepEqual(answers, ["light", "heavy"]);
});

test(
  "An idle connection does not keep the web server from closing",
  async () => {
    await using runtime = await unpinned(1).build();
    const server = new WebServer(runtime);
    const url = await server.listen(0);
    const connection = connect(Number(new URL(url).port), "127.0.0.1");
    await once(connection, "connect");
    await assertTime(await fetch(url + TIME)); // now the idle one has been accepted
    await server.close();
    connection.destroy();
  },
);

function openGate(gate: Int32Array): void {
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
}

// It draws some hundred pictures, so this is for stress runs only.
const stressOnly = STRESS ? stressTest : () => {};
stressOnly(
  "The web server measures how quick its light route stays",
  async () => {
    const { code, stdout, stderr } = await runProgram(PROGRAM, [
      "--measure",
      "--seconds=0.2",
      "--no-loom-pin-threads",
    ]);
    assert.deepEqual([code, stderr], [0, ""]);
    const time = String.raw`\d+\.\d\d ms`;
    const [titles, ...rows] = stdout.trimEnd().split("\n");
    assert.match(titles, /p50 +p99 +heavy calls +p50$/);
    assert.match(rows[0], new RegExp(`^idle +${time} +${time}$`));
    for (const [row, name] of [[rows[1], "on loom"], [rows[2], "inline"]]) {
      assert.match(
        row,
        new RegExp(`^heavy ${name} +${time} +${time} +[1-9]\\d* +${time}$`),
      );
    }
  },
);
