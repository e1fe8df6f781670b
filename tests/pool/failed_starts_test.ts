/**
 * Workers that cannot start: the library is copied, so that its entry module can be broken.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  cpSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { relative } from "node:path";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

test("A worker that three times in a row cannot start ends the runtime", async () => {
  const folder = mkdtempSync(`${tmpdir()}/loom-broken-`);
  try {
    for (const part of ["lib", "ffi", "mod.ts", "package.json", "deno.json"]) {
      cpSync(`${ROOT}/${part}`, `${folder}/${part}`, { recursive: true });
    }
    symlinkSync(`${ROOT}/node_modules`, `${folder}/node_modules`);
    writeFileSync(`${folder}/main.ts`, PROGRAM);
    const programs = `${ROOT}/tests/fixtures/programs`;
    const end = await runProgram(relative(programs, `${folder}/main.ts`));
    assert.equal(end.code, 0, end.stderr);
    assert.deepEqual(JSON.parse(end.stdout), {
      lost: "WorkerLostError",
      waiting: "ShutdownError",
      message: "Cannot finish call: workers could not be replaced",
      cause: "broken on purpose",
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

const PROGRAM = `
import { writeFileSync } from "node:fs";
import { LoomBuilder } from "./mod.ts";
const runtime = await new LoomBuilder().pinThreads(false).computeThreads(1).build();
writeFileSync(
  new URL("./lib/worker/entry.ts", import.meta.url),
  "throw new Error('broken on purpose');",
);
const [lost, waiting] = await Promise.allSettled([
  runtime.spawnCompute(() => process.exit(3)),
  runtime.spawnCompute((n: number) => n, 1),
]);
await runtime.waitForShutdown();
console.log(JSON.stringify({
  lost: lost.reason.name,
  waiting: waiting.reason.name,
  message: waiting.reason.message,
  cause: waiting.reason.cause.message,
}));
`;
