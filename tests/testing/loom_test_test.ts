import assert from "node:assert/strict";
import { ROOT } from "../support/runtimes.ts";
import { HERE, type ProgramEnd, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

/** Runs a file of `tests/fixtures/programs` by the test runner of this runtime. */
async function runTests(
  name: string,
  args: readonly string[] = [],
  check = false,
): Promise<ProgramEnd & { readonly output: string }> {
  const end = await runProgram(name, args, { command: "test", check });
  return { ...end, output: end.stdout + end.stderr };
}

/** How a runner says that a test has ended so. */
function verdict(test: string, passed: boolean): RegExp {
  if (HERE === "Bun") {
    return new RegExp(`\\(${passed ? "pass" : "fail"}\\) ${test}\\b`);
  }
  // What Deno prints of a worker that was terminated may come between.
  return new RegExp(`^${test} \\.\\.\\.[^]*? ${passed ? "ok" : "FAILED"}`, "m");
}

const CALLS = "Cannot pass test: it has left calls behind; await their " +
  "promises, or cancel them with a signal:";

test("loomTest() fails tests that leave something, with its name, and no other", async () => {
  const { code, output } = await runTests("left_behind.ts");
  assert.equal(code, 1);
  for (const [name, message] of Object.entries(FAILURES)) {
    assert.match(output, verdict(name, false), name);
    assert.match(output, message, `${name}: ${output}`);
  }
  for (const name of ["test: leaves none", "file: leaves none"]) {
    assert.match(output, verdict(name, true), name);
  }
  assert.match(output, verdict("leaves nothing", true));
  assert.doesNotMatch(output, /not left out|Unhandled|unhandled/);
  const counts = HERE === "Bun"
    ? / 3 pass\n 1 skip\n 9 fail\n/
    : /3 passed \| 9 failed \| 1 ignored/;
  assert.match(output, counts);
});

/** By the name of the test, what its error says. */
const FAILURES: Readonly<Record<string, RegExp>> = {
  "test: leaves calls": leftCalls(2, "wait"),
  "file: leaves calls": leftCalls(2, "wait"),
  "inline: leaves calls": leftCalls(1, "forever"),
  "leaves calls of a task": /tasks have left behind calls that they made/,
  "leaves a runtime":
    /it has left runtimes behind[^]*?LoomRuntime other: 1 async, 1 compute/,
  "leaves a Worker": /it has left Workers behind[^]*?: Worker \d+/,
  "leaves a Web Worker":
    /Workers behind[^]*?: (Web Worker|Worker \d+)(?![^\n]*,)/,
  "goes on":
    /it still runs after 50 ms; calls in flight:\n {2}1 × goOn, for \d+ ms\n/,
  "throws": /RangeError: on purpose/,
};

function leftCalls(count: number, name: string): RegExp {
  return new RegExp(
    `${CALLS}\\n  ${count} × ${name}, for \\d+ ms\\n +at .*left_behind.ts:\\d+`,
  );
}

test("loomTest() passes with types checked, and beside another file", async () => {
  const other = `${ROOT}/tests/fixtures/programs/passing_neighbour.ts`;
  const parallel = HERE === "Deno" ? ["--parallel"] : ["--parallel=2"];
  const { code, output } = await runTests(
    "passing.ts",
    [other, ...parallel],
    true,
  );
  assert.equal(code, 0, output);
  assert.match(output, HERE === "Bun" ? / 16 pass\n 0 fail/ : /16 passed/);
});
