import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, readdirSync, readFileSync } from "node:fs";
import { isBuiltin } from "node:module";
import { join } from "node:path";
import { HERE } from "../support/program.ts";
import { findRuntime, ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";
import {
  OBSERVED_PROGRAM,
  PROGRAM_ARGUMENTS,
  PROGRAM_RESULT,
  projectsOfFile,
  runCommand,
  succeeded,
  type UserProject,
} from "../support/user_project.ts";

const MAX_PACKED_BYTES = 700_000;
const RUNTIME = findRuntime(HERE);
const TYPE_CHECKER = [RUNTIME, `${ROOT}/node_modules/typescript/lib/tsc.js`];

/** What `strict` does not turn on. */
const STRICTER = {
  strict: true,
  noUncheckedIndexedAccess: true,
  exactOptionalPropertyTypes: true,
  noImplicitOverride: true,
  noImplicitReturns: true,
  noPropertyAccessFromIndexSignature: true,
  noUnusedLocals: true,
  noUnusedParameters: true,
};

const SMALL_PROGRAM = `
import { LoomBuilder } from "@loom/runtime";
const runtime = await new LoomBuilder().computeThreads(1).build();
console.log(await runtime.spawnCompute((n) => n + 1, 41));
await runtime.blockUntilIdle();
`;

const TESTS = `
import assert from "node:assert/strict";
import { loomTest } from "@loom/runtime/testing";
loomTest("on a worker", async (runtime) => {
  assert.equal(await runtime.spawnCompute((n: number) => n + 1, 41), 42);
});
loomTest("inline", { inline: true }, async (runtime) => {
  assert.equal(await runtime.spawnCompute((n: number) => n + 1, 41), 42);
  assert.equal(runtime.seed, 1);
});
loomTest("leaves a call", { inline: true }, (runtime) => {
  runtime.spawnCompute(function forever() {
    return new Promise<void>(() => {});
  });
});
`;

const newProject = projectsOfFile();

test("The package has all that its modules import, in under 700 kB", async () => {
  const { run, folder, builtFolder } = await newProject();
  const manifest = JSON.parse(read(`${builtFolder}/package.json`));
  const packages = { ...manifest.dependencies, ...manifest.peerDependencies };
  const lib = readdirSync(`${builtFolder}/lib`);
  const missing = lib.filter((name) => name.endsWith(".js")).flatMap((name) =>
    specifiersIn(read(`${builtFolder}/lib/${name}`)).filter((specifier) =>
      specifier.startsWith(".")
        ? !existsSync(join(builtFolder, "lib", specifier))
        : !isBuiltin(specifier) && !(specifier in packages)
    )
  );
  assert.deepEqual(missing, []);
  assert.deepEqual(
    lib.filter((name) => name.startsWith("loom_worker")).sort(),
    ["loom_worker.js", "loom_worker.js.map"],
  );
  const packed = await run(
    [findRuntime("Bun"), "pm", "pack", "--destination", folder],
    { cwd: builtFolder },
  );
  const [tarball] = readdirSync(folder).filter((name) => name.endsWith(".tgz"));
  const { length } = readFileSync(join(folder, tarball));
  assert.ok(length < MAX_PACKED_BYTES, `${length} bytes: ${packed.stdout}`);
});

test("The worker of the package is a text of which engines keep little", async () => {
  const { builtFolder } = await newProject();
  const text = read(`${builtFolder}/lib/loom_worker.js`);
  // Bun transpiles others on each thread.
  assert.match(text, /^\/\/ @bun\n/);
  // V8 keeps others with two bytes for each character.
  assert.doesNotMatch(text, /\P{ASCII}/u);
  // JavaScriptCore keeps a list of them with each function of their class.
  assert.doesNotMatch(text, /#tryRunOne/);
  // Otherwise, Bun warns that it cannot decode the map.
  const map = JSON.parse(read(`${builtFolder}/lib/loom_worker.js.map`));
  assert.equal(map.sourcesContent.length, map.sources.length);
});

test("The maps of the package lead to lines of the project", async () => {
  const { builtFolder } = await newProject();
  const maps = readdirSync(`${builtFolder}/lib`).filter((name) =>
    name.endsWith(".map")
  );
  const sources = maps.flatMap((name) =>
    JSON.parse(read(`${builtFolder}/lib/${name}`)).sources as string[]
  );
  assert.ok(sources.includes("../src/lib/runtime.ts"), sources.join());
  const unknown = sources.filter((source) =>
    !existsSync(join(ROOT, source.replace("../src/", "")))
  );
  assert.deepEqual(unknown, []);
});

test("A program installs the package, with types for the strictest settings", async () => {
  const project = await newProject();
  project.addProgram();
  if (HERE === "Bun") await checkOnBun(project);
  else await checkOnDeno(project);
});

test("A program runs on the installed package, with a config file and flags", async () => {
  const project = await newProject();
  project.addProgram();
  await project.install();
  const command = [...runCommand(), "main.ts", ...PROGRAM_ARGUMENTS];
  const end = await project.run(command);
  assert.deepEqual(JSON.parse(succeeded(end)), PROGRAM_RESULT);
});

test("The test runner runs tests of the installed package's kit", async () => {
  const { install, run, write } = await newProject();
  write("loom_test.ts", TESTS);
  await install();
  const command = HERE === "Deno" ? [RUNTIME, "test", "-A"] : [RUNTIME, "test"];
  const { code, stdout, stderr } = await run([...command, "loom_test.ts"]);
  const output = stdout + stderr;
  assert.equal(code, 1, output);
  assert.match(output, /left calls behind[^]*?1 × forever, for \d+ ms\n/);
  assert.match(output, HERE === "Bun" ? / 2 pass\n 1 fail/ : /2 passed \| 1/);
});

test("A program on the installed package serves the page that shows it", async () => {
  const { install, run, write } = await newProject();
  write("package.json", { type: "module" });
  write("main.js", OBSERVED_PROGRAM);
  await install();
  assert.equal(succeeded(await run([...runCommand(), "main.js"])), "true\n");
});

const inFolder =
  "Deno runs the package from a node_modules folder, without other types";
if (HERE === "Bun") skip(inFolder, "Bun has tried it in the tests before");
else {
  test(inFolder, async () => {
    const { run, write } = await newProject();
    write("package.json", {
      type: "module",
      dependencies: { "@loom/runtime": "*" },
    });
    write("main.ts", SMALL_PROGRAM);
    succeeded(await run([RUNTIME, "install"]));
    succeeded(await run([RUNTIME, "check", "main.ts"]));
    assert.equal(succeeded(await run([...runCommand(), "main.ts"])), "42\n");
  });
}

const onClone = "A program for Deno runs on a clone, linked as README.md says";
if (HERE === "Bun") skip(onClone, "Bun installs the built package");
else {
  test(onClone, async () => {
    const { addProgram, run, write } = await newProject();
    addProgram();
    const [, config] = /```json deno\.json\n([^]*?)```/.exec(
      read(join(ROOT, "README.md")),
    )!;
    write("deno.json", config.replace("../loom", ROOT));
    const end = await run([...runCommand(), "main.ts", ...PROGRAM_ARGUMENTS]);
    assert.deepEqual(JSON.parse(succeeded(end)), PROGRAM_RESULT);
  });
}

const onNode =
  "Node.js runs the package without pinning, and a warning says so";
if (nodeMajor() < 24) skip(onNode, "no Node.js 24 or later on the PATH");
else {
  test(onNode, async () => {
    const { install, run, write } = await newProject();
    write("package.json", { type: "module" });
    write("main.js", SMALL_PROGRAM);
    await install("Bun");
    const end = await run(["node", "main.js"]);
    assert.equal(succeeded(end), "42\n");
    assert.match(end.stderr, /^loom: threads .*pinned: .*\n$/);
  });
}

function nodeMajor(): number {
  const { stdout } = spawnSync("node", ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)/.exec(stdout ?? "")?.[1] ?? 0);
}

/** The default settings are those that `bun init` writes. */
async function checkOnBun({ run, write }: UserProject): Promise<void> {
  // It installs a compiler as well, which the registry of the test does not have.
  await run([RUNTIME, "init", "--yes"]);
  write("package.json", { type: "module" });
  succeeded(await run([RUNTIME, "add", "@loom/runtime", "@types/bun"]));
  succeeded(await run(TYPE_CHECKER));
  write("strict.json", {
    extends: "./tsconfig.json",
    compilerOptions: {
      ...STRICTER,
      allowJs: false,
      declaration: true,
      isolatedDeclarations: true,
      skipLibCheck: false,
    },
  });
  succeeded(await run([...TYPE_CHECKER, "--project", "strict.json"]));
}

/** With the settings of a new folder, then with strict ones, for the documents as well. */
async function checkOnDeno(project: UserProject): Promise<void> {
  const { run, folder, write } = project;
  await project.install();
  succeeded(await run([RUNTIME, "check", "main.ts"]));
  const { imports } = JSON.parse(read(join(folder, "deno.json")));
  write("deno.json", {
    imports,
    compilerOptions: { ...STRICTER, isolatedDeclarations: true },
  });
  succeeded(await run([RUNTIME, "check", "main.ts"]));
  write("deno.json", { imports, compilerOptions: STRICTER });
  cpSync(join(ROOT, "docs"), join(folder, "docs"), { recursive: true });
  cpSync(join(ROOT, "README.md"), join(folder, "README.md"));
  succeeded(await run([RUNTIME, "check", "--doc-only", "README.md", "docs"]));
}

/** What a built module imports, at once and late. */
function specifiersIn(source: string): string[] {
  return [...source.matchAll(/\b(?:import|from) ?\(?"([\w@./:-]+)"/g)]
    .map(([, specifier]) => specifier);
}

function read(path: string): string {
  return readFileSync(path, "utf8");
}
