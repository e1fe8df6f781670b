import assert from "node:assert/strict";
import { request } from "node:http";
import { join } from "node:path";
import process from "node:process";
import { runProgram } from "../../lib/cli/main.ts";
import { withFiles } from "../config/config_file.ts";
import { startProgram } from "../support/program.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const LOOM = "../../../lib/cli/main.ts";

test("loom dashboard serves the page of a process at a secret path, until Ctrl-C", () =>
  withFiles({}, async (folder) => {
    const socket = join(folder, "loom-1.sock");
    const runtime = await unpinned(1).observe({ socket }).build();
    const dashboard = startProgram(LOOM, ["dashboard", socket]);
    const url = await dashboard.firstLine;
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/[\w-]{22}\/$/);
    const page = await fetch(url);
    assert.match(await page.text(), /^<!DOCTYPE html>/);
    assert.match(
      page.headers.get("content-security-policy")!,
      /^default-src 'none'; script-src 'self';/,
    );
    const script = await fetch(`${url}page/main.js`);
    assert.match(script.headers.get("content-type")!, /^text\/javascript/);
    assert.equal(script.headers.get("x-content-type-options"), "nosniff");
    await script.body?.cancel();
    const snapshot = await (await fetch(`${url}snapshot`)).json();
    assert.equal(snapshot.pid, process.pid);
    assert.equal(await statusOf(new URL("/snapshot", url)), 403);
    assert.equal(await statusOf(new URL(url), "attacker.example"), 403);
    await runtime.blockUntilIdle();
    assert.equal(await statusOf(new URL("snapshot", url)), 502);
    process.kill(dashboard.pid, "SIGINT");
    const { code, stdout, stderr } = await dashboard.end;
    assert.deepEqual([code, stderr], [0, ""]);
    assert.match(
      stdout,
      new RegExp(
        `\nshows process ${process.pid}, .*, until you press Ctrl-C\n$`,
      ),
    );
  }));

test("loom dashboard says what is wrong", async () => {
  for (
    const [argv, message] of [
      [["--port", "x"], /^Cannot read --port "x": it must be a number/],
      [["/none.sock"], /^Cannot ask for \/snapshot at "\/none\.sock": /],
    ] as const
  ) {
    let err = "";
    const exitCode = await runProgram(["dashboard", ...argv], {
      out: () => {},
      err: (text) => err += text,
    });
    assert.equal(exitCode, 1);
    assert.match(err, message);
  }
});

/** The status of an answer to a request that names a host; by default the right one. */
function statusOf(url: URL, host = url.host): Promise<number | undefined> {
  return new Promise((answered, failed) => {
    request(url, { headers: { host }, agent: false }, (response) => {
      response.resume();
      answered(response.statusCode);
    }).on("error", failed).end();
  });
}
