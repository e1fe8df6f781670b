import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

/** What the README asks for; only Deno looks at it. */
const PERMISSIONS = [`--allow-read=${ROOT}`, "--allow-ffi"];

async function run(
  how: string,
  permissions: readonly string[],
): Promise<string> {
  const end = await runProgram("slow_helper.ts", [how], { permissions });
  assert.equal(end.code, 0, end.stderr);
  return end.stdout.trimEnd();
}

for (
  const [name, permissions] of [
    ["the permissions of the README", PERMISSIONS],
    ["no permission but to read its folder", PERMISSIONS.slice(0, 1)],
  ] as const
) {
  test(`A blocking loop waits for a slow worker, with ${name}`, async () => {
    assert.equal(await run("slow", permissions), "caller,worker");
  });
}

test("A blocking loop throws if its worker ends without an exit hook", async () => {
  assert.equal(await run("ends", PERMISSIONS), "WorkerLostError");
});
