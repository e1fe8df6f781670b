import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { withLibraryCopies } from "../support/library_copy.ts";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

/** Breaks the entry module of its workers once the first one has started. */
const PROGRAM = `
import { writeFileSync } from "node:fs";
import { LoomBuilder } from "./copy/mod.ts";
const runtime = await new LoomBuilder().pinThreads(false).computeThreads(1).build();
writeFileSync(
  new URL("./copy/lib/worker/entry.ts", import.meta.url),
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

test("A worker that three times in a row cannot start ends the runtime", () =>
  withLibraryCopies(["copy"], async (folder) => {
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
  }));
