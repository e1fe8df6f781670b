/**
 * What the runner makes of files whose tests fail, hang, or end their process.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HERE } from "./program.ts";
import { runSuite, type SuiteOptions, type SuiteReport } from "./suite.ts";
import { test } from "./test.ts";

const HEAD = [
  `import process from "node:process";`,
  `import { skip, stressTest, test } from "${new URL(
    "test.ts",
    import.meta.url,
  )}";`,
  `import { sized } from "${new URL("stress.ts", import.meta.url)}";`,
  `const blockForever = () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);\n`,
].join("\n");

/** The file that must still be run. */
const NEXT = `test("next", () => {});`;

test("A failing test is named with its file, and later tests still run", async () => {
  const report = await run({
    a: `test("fails", () => { throw new Error("on purpose"); });
        test("rejects", () => Promise.reject(new Error("on purpose")));
        test("passes", () => {});`,
    b: NEXT,
  });
  assert.deepEqual(report, {
    passed: 2,
    failed: 2,
    skipped: [],
    faults: [
      "Test failed: a_test.ts: fails",
      "Test failed: a_test.ts: rejects",
    ],
  });
});

test("A skipped test is named with its file and reason", async () => {
  const report = await run({ a: `skip("needs luck", "none"); ${NEXT}` });
  assert.deepEqual(report, {
    passed: 1,
    failed: 0,
    skipped: ["a_test.ts: needs luck (skipped: none)"],
    faults: [],
  });
});

test("A test that never settles is named, and later tests still run", async () => {
  const report = await run({
    a: `test("waits", () => new Promise((go) => setTimeout(go, 1e9)), { timeoutMs: 50 });
        ${NEXT}`,
    b: NEXT,
  });
  assert.deepEqual(report, {
    passed: 2,
    failed: 1,
    skipped: [],
    faults: ["Test hung: a_test.ts: waits"],
  });
});

for (
  const [what, body] of [
    ["waits with Atomics.wait()", "blockForever"],
    ["loops", "() => { for (;;); }"],
  ]
) {
  test(`A test that ${what} forever is ended and named, and the next file runs`, async () => {
    const report = await run({
      a: `test("first", () => {});
          test("blocks", ${body}, { timeoutMs: 50 });
          test("last", () => {});`,
      b: NEXT,
    });
    assert.deepEqual(report, {
      passed: 2,
      failed: 2,
      skipped: [],
      faults: [
        "Test hung: a_test.ts: blocks",
        "Tests that did not run: 1 of a_test.ts",
      ],
    });
  });
}

test("A test that kills its process is named, and the next file runs", async () => {
  const report = await run({
    a: `test("dies", () => { process.kill(process.pid, "SIGKILL"); blockForever(); });`,
    b: NEXT,
  });
  assert.deepEqual(report, {
    passed: 1,
    failed: 1,
    skipped: [],
    faults: ["Test ended its process, SIGKILL: a_test.ts: dies"],
  });
});

test("A test that leaves with exit code 0 is named, and the next file runs", async () => {
  const report = await run({
    a: `test("leaves", () => process.exit(0));`,
    b: NEXT,
  });
  // Deno refuses to exit inside a test; Bun exits.
  const fault = HERE === "Deno"
    ? "Test failed: a_test.ts: leaves"
    : "Test ended its process, exit code 0: a_test.ts: leaves";
  assert.deepEqual(report, {
    passed: 1,
    failed: 1,
    skipped: [],
    faults: [fault],
  });
});

test("A file that throws while it is loaded is named, and other files run", async () => {
  const report = await run({
    a: `${NEXT} throw new Error("on purpose");`,
    b: `throw new Error("on purpose");`,
    c: NEXT,
  });
  assert.deepEqual(report, {
    passed: 1,
    failed: 2,
    skipped: [],
    faults: [
      "Tests that did not run: 1 of a_test.ts",
      "No test was registered, exit code 1: b_test.ts",
    ],
  });
});

test("A file that ends its process while it is loaded is named, and other files run", async () => {
  const report = await run({
    a: NEXT,
    b: `process.kill(process.pid, "SIGKILL"); blockForever();`,
    c: NEXT,
  });
  // Deno loads all files before it runs a test, so it runs each alone in the end.
  const where = HERE === "Deno" ? "before any test" : "after a_test.ts: next";
  assert.deepEqual(report, {
    passed: 2,
    failed: 3,
    skipped: [],
    faults: [
      `Test process ended, SIGKILL: ${where}`,
      "Test process ended, SIGKILL: before any test",
      "No test was registered, SIGKILL: b_test.ts",
    ],
  });
});

test("A file that blocks while it is loaded is ended and named", async () => {
  const report = await run({ a: "blockForever();" }, { loadLimitMs: 500 });
  assert.deepEqual(report, {
    passed: 0,
    failed: 2,
    skipped: [],
    faults: [
      "Test process ended, hung, killed after 500 ms: before any test",
      "No test was registered, hung, killed after 500 ms: a_test.ts",
    ],
  });
});

test("A file that registers no test fails", async () => {
  const report = await run({ a: "", b: NEXT });
  assert.deepEqual(report, {
    passed: 1,
    failed: 1,
    skipped: [],
    faults: ["No test was registered, exit code 0: a_test.ts"],
  });
});

test("A stress run leaves out tests that have one size only", async () => {
  const source = `test("plain", () => { throw new Error("left out"); });
    stressTest("sized", () => { if (sized(1, 2) !== 2) throw new Error("quick"); });`;
  const stress = await run({ a: source, b: NEXT }, { stress: true });
  assert.deepEqual([stress.passed, stress.failed], [1, 0]);
  const quick = await run({ a: source });
  assert.deepEqual([quick.passed, quick.failed], [0, 2]);
});

test("Limits grow with the slowdown of the machine", async () => {
  const source =
    `test("takes 200 ms", () => new Promise((go) => setTimeout(go, 200)), { timeoutMs: 1 });`;
  const report = await run({ a: source }, { slowdown: 60_000 });
  assert.equal(report.passed, 1, report.faults.join());
});

/** Runs test files with the given names and sources on the runtime in use. */
async function run(
  sources: Readonly<Record<string, string>>,
  options: SuiteOptions = {},
): Promise<SuiteReport> {
  const folder = mkdtempSync(join(tmpdir(), "loom-suite-test-"));
  try {
    const files = Object.entries(sources).map(([name, source]) => {
      const path = join(folder, `${name}_test.ts`);
      writeFileSync(path, HEAD + source);
      return path;
    });
    const report = await runSuite(HERE, files, {
      output: "ignore",
      ...options,
    });
    const shorten = (line: string) => line.replaceAll(`${folder}/`, "");
    return {
      ...report,
      skipped: report.skipped.map(shorten),
      faults: report.faults.map(shorten),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
