import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import process from "node:process";
import { withLibraryCopies } from "../support/library_copy.ts";
import { HERE } from "../support/program.ts";
import { findRuntime } from "../support/runtimes.ts";
import { scaleLimit } from "../support/slowdown.ts";
import { test } from "../support/test.ts";

function run(folder: string, name: string): unknown {
  const args = HERE === "Deno"
    ? ["run", "--allow-all", "--no-check", "--no-lock", name]
    : ["run", name];
  return outputOf(findRuntime(HERE), args, folder);
}

function outputOf(command: string, args: string[], cwd: string): unknown {
  const { status, stdout, stderr } = spawnSync(command, args, {
    cwd,
    encoding: "utf8",
    timeout: Math.ceil(scaleLimit(60_000)),
    env: { ...process.env, NO_COLOR: "1" },
  });
  assert.equal(status, 0, stdout + stderr);
  return stdout.startsWith("[") ? JSON.parse(stdout) : undefined;
}

test("Shared values and moved buffers of one copy are those of another", () =>
  withLibraryCopies(["a", "b"], (folder) => {
    writeFileSync(
      `${folder}/tasks.ts`,
      `import { move, sharedValue, task } from "./a/mod.ts";
      export { move, sharedValue };
      export const pass = task(import.meta.url, function pass(shared, bytes) {
        const own = sharedValue({ shared });
        return { own, bytes: move(bytes), word: shared.value.word };
      });`,
    );
    writeFileSync(
      `${folder}/main.ts`,
      `import { LoomBuilder } from "./b/mod.ts";
      import { move, pass, sharedValue } from "./tasks.ts";
      await using runtime = await new LoomBuilder().pinThreads(false).computeThreads(1).build();
      const shared = sharedValue({ word: "warp" });
      const sent = new Uint8Array(9);
      const { own, bytes, word } = await runtime.spawnCompute(pass, shared, move(sent));
      console.log(JSON.stringify([
        sent.length, bytes.length, word, own.value.shared === shared,
      ]));`,
    );
    assert.deepEqual(run(folder, "main.ts"), [0, 9, "warp", true]);
  }));

test("A task declared with one copy of the library runs on the workers of another", () =>
  withLibraryCopies(["a", "b"], (folder) => {
    writeFileSync(
      `${folder}/tasks.ts`,
      `import { currentRuntime, LoomBuilder, parRange, task } from "./a/mod.ts";
      export const double = task(import.meta.url, function double(n: number) {
        return n * 2;
      });
      export const sum = task(import.meta.url, function sum(n: number) {
        return parRange(0, n).map((i) => i * 2).sum() + currentRuntime().computeThreads;
      });
      export const build = task(import.meta.url, async function build() {
        return await new LoomBuilder().build().catch((error) => error.message);
      });`,
    );
    writeFileSync(
      `${folder}/main.ts`,
      `import { LoomBuilder } from "./b/mod.ts";
      import { build, double, sum } from "./tasks.ts";
      await using runtime = await new LoomBuilder().pinThreads(false).computeThreads(2).build();
      console.log(JSON.stringify([
        await runtime.spawnCompute(double, 21),
        await runtime.spawnCompute(sum, 1_000),
        await runtime.spawnCompute(build),
      ]));`,
    );
    const [double, sum, build] = run(folder, "main.ts") as unknown[];
    assert.equal(double, 42);
    assert.equal(sum, 999_002);
    assert.match(build as string, /this thread is a worker/);
  }));

test("Tasks of one name in modules of one URL, as in a bundle, run as themselves", () =>
  withLibraryCopies(["a", "b"], (folder) => {
    const bundled = (name: string, text: string) =>
      `const { task } = ${name === "one" ? "A" : "B"};
      const text = ${JSON.stringify(text)};
      const same = task(import.meta.url, function same() { return ${
        JSON.stringify(text)
      }; });
      const equal = task(import.meta.url, function equal() { return text; });
      out.push(same, equal);`;
    writeFileSync(
      `${folder}/bundle.ts`,
      `import * as A from "./a/mod.ts";
      import * as B from "./b/mod.ts";
      const out: (() => unknown)[] = [];
      { ${bundled("one", "first")} }
      { ${bundled("two", "second")} }
      if (!A.isWorker) {}
      if (import.meta.main) {
        const late = A.task(import.meta.url, function same() { return "late"; });
        await using runtime = await new B.LoomBuilder().pinThreads(false)
          .computeThreads(1).build();
        const results = [];
        for (const fn of [...out, late]) {
          results.push(await runtime.spawnCompute(fn as () => string).catch((e) => e.message));
        }
        console.log(JSON.stringify(results));
      }`.replace("if (!A.isWorker) {}\n", ""),
    );
    const [late, ...results] = (run(folder, "bundle.ts") as string[]).reverse();
    assert.deepEqual(results.reverse(), ["first", "first", "second", "second"]);
    // The worker does not run that part, and must not take another task for it.
    assert.match(
      late,
      /Cannot load task same: several tasks of .* have that name/,
    );
  }));

test("A bundle runs its tasks on the workers of a bundled entry and analyses functions", () =>
  withLibraryCopies(["a", "b"], (folder) => {
    for (const [name, result] of [["one", 1], ["two", 2]]) {
      writeFileSync(
        `${folder}/${name}.ts`,
        `import { task } from "./a/mod.ts";
        export const ${name} = task(import.meta.url, function same(n: number) {
          return n + ${result};
        });`,
      );
    }
    writeFileSync(
      `${folder}/main.ts`,
      `import { LoomBuilder, parRange, spawnCompute } from "./a/mod.ts";
      import { isMainThread } from "node:worker_threads";
      import { one } from "./one.ts";
      import { two } from "./two.ts";
      if (isMainThread) {
        await using runtime = await new LoomBuilder().pinThreads(false).computeThreads(2).build();
        const name = process.argv0; // not a constant, which Bun writes into the function
        console.log(JSON.stringify([
          await runtime.spawnCompute(one, 40),
          await runtime.spawnCompute(two, 40),
          await parRange(0, 1_000).map((i) => i * 2).sumAsync(),
          await runtime.spawnCompute(() => typeof name).catch((error) => error.name),
          await runtime.spawnCompute(async (limit: number) => {
            return await spawnCompute(() => typeof limit).catch((error) => error.name);
          }, 1).catch((error) => error.message),
        ]));
      }`,
    );
    const bundle = (from: string, to: string) =>
      outputOf(findRuntime("Bun"), [
        "build",
        "--target=node",
        `--outfile=${to}`,
        from,
      ], folder);
    // The entry lies where a bundle looks for it. Nothing else of the library is there.
    bundle("main.ts", `${folder}/app/main.js`);
    bundle("a/lib/worker/entry.ts", `${folder}/app/loom_worker.js`);
    for (const name of ["a", "b", "node_modules"]) {
      rmSync(`${folder}/${name}`, { recursive: true });
    }
    assert.deepEqual(run(folder, "app/main.js"), [
      41,
      42,
      999_000,
      "CapturedVariableError",
      "CapturedVariableError",
    ]);
  }));
