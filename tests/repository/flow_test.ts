import assert from "node:assert/strict";
import { test } from "../support/test.ts";
import { type Import, importsIn, listModules, readImports } from "./imports.ts";

// The architecture, top down: what each part may import besides itself. A name that
// ends in a slash is a folder. The first row that fits a file is the one that counts.
//
//   mod -> builder -> planning -> placement -> ffi
//             |-----> pool ----> bridge <---- worker
//             |-----> runtime -> jobs -> bridge <---- tasks
//             '-----> parallel -> runtime
//
// The pool knows the worker only by its URL, so there is no arrow between the two. A
// worker has a runtime of its own to call from, hence its arrow to runtime.
const FLOW: readonly (readonly [part: string, mayImport: readonly string[]])[] =
  [
    ["mod.ts", ["lib/"]],
    ["lib/cli/", [
      "lib/planning.ts",
      "lib/config/",
      "lib/placement/",
      "ffi/",
      "lib/errors.ts",
    ]],
    ["lib/builder.ts", [
      "lib/planning.ts",
      "lib/pool/pool.ts",
      "lib/runtime.ts",
      "lib/current.ts",
      "lib/parallel/task_globals.ts",
      "lib/config/",
      "lib/errors.ts",
    ]],
    ["lib/planning.ts", [
      "lib/pool/",
      "lib/placement/",
      "lib/config/",
      "lib/handshake.ts",
      "lib/errors.ts",
    ]],
    ["lib/pool/", [
      "lib/calls/",
      "lib/bridge/",
      "lib/placement/",
      "lib/handshake.ts",
      "lib/errors.ts",
    ]],
    ["lib/worker/", [
      "lib/runtime.ts",
      "lib/current.ts",
      "lib/parallel/task_globals.ts",
      "lib/jobs/",
      "lib/tasks/",
      "lib/calls/",
      "lib/codec/",
      "lib/bridge/",
      "lib/placement/pin.ts",
      "lib/handshake.ts",
      "lib/errors.ts",
    ]],
    ["lib/current.ts", ["lib/runtime.ts", "lib/streams/", "lib/errors.ts"]],
    ["lib/numeric_array.ts", []],
    ["lib/parallel/", [
      "lib/current.ts",
      "lib/numeric_array.ts",
      "lib/runtime.ts",
      "lib/jobs/",
      "lib/tasks/",
      "lib/errors.ts",
    ]],
    ["lib/jobs/", [
      "lib/tasks/",
      "lib/calls/",
      "lib/codec/",
      "lib/bridge/",
      "lib/errors.ts",
    ]],
    ["lib/streams/", []],
    ["lib/handles.ts", ["lib/placement/"]],
    ["lib/runtime.ts", [
      "lib/handles.ts",
      "lib/jobs/",
      "lib/streams/",
      "lib/numeric_array.ts",
      "lib/tasks/",
      "lib/calls/",
      "lib/placement/",
      "lib/config/",
      "lib/handshake.ts",
      "lib/errors.ts",
    ]],
    ["lib/tasks/", ["lib/bridge/task_table.ts", "lib/errors.ts"]],
    ["lib/handshake.ts", ["lib/bridge/", "lib/placement/", "lib/config/"]],
    ["lib/calls/", ["lib/bridge/", "lib/codec/", "lib/errors.ts"]],
    ["lib/bridge/", ["lib/errors.ts"]],
    ["lib/codec/", ["lib/errors.ts"]],
    ["lib/config/", ["lib/placement/cpuset.ts", "lib/errors.ts"]],
    ["lib/placement/", ["ffi/", "lib/errors.ts"]],
    ["lib/errors.ts", []],
    ["ffi/", []],
  ];

// Each package from outside has one file that knows it. Both runtimes have `node:`.
const LIBRARIES: Readonly<Record<string, string>> = {
  "commander": "lib/cli/program.ts",
  "smol-toml": "lib/config/toml.ts",
  "yaml": "lib/config/yaml.ts",
};

test("Imports follow the flow of the architecture", () => {
  const breaches = readAllImports().filter(isInside).flatMap(breachOfFlow);
  assert.deepEqual(breaches, []);
});

test("Every module has its place in the flow", () => {
  const lost = listModules().filter((path) => rowOf(path) === undefined);
  assert.deepEqual(lost, [], "add these to FLOW");
});

test("No modules import each other in a circle", () => {
  assert.deepEqual(findCycle(readAllImports()) ?? [], []);
});

test("A package from outside is imported by its one file only", () => {
  const breaches = readAllImports().filter(({ from, to }) =>
    !isInside({ from, to }) && !to.startsWith("node:") && LIBRARIES[to] !== from
  );
  assert.deepEqual(breaches, []);
});

test("importsIn() sees every form of import and no comment", () => {
  const source = [
    `import assert from "node:assert";`,
    `import type { A } from "./a.ts";`,
    `import {\n  b,\n  c,\n} from "../b.ts";`,
    `export * from "./d.ts";`,
    `import "./e.ts";`,
    `const f = await import("./f.ts");`,
    `const url = new URL("./worker.ts", import.meta.url);`,
    `/**\n * import { g } from "./g.ts";\n */`,
    `// import { h } from "./h.ts";`,
  ].join("\n");

  const found = importsIn("lib/x/y.ts", source).map(({ to }) => to).sort();

  const expected = [
    "lib/b.ts",
    "lib/x/a.ts",
    "lib/x/d.ts",
    "lib/x/e.ts",
    "lib/x/f.ts",
  ];
  assert.deepEqual(found, [...expected, "node:assert"]);
});

test("breachOfFlow() refuses an import against the flow", () => {
  const breaches = [
    { from: "lib/pool/pool.ts", to: "lib/worker/entry.ts" },
    { from: "lib/bridge/ring.ts", to: "lib/pool/pool.ts" },
    { from: "ffi/libc.ts", to: "lib/errors.ts" },
    { from: "lib/errors.ts", to: "lib/config/schema.ts" },
    { from: "lib/runtime.ts", to: "mod.ts" },
  ];
  assert.deepEqual(breaches.flatMap(breachOfFlow), breaches);
});

test("findCycle() names the modules of the circle", () => {
  const imports = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "c", to: "b" },
  ];
  assert.deepEqual(findCycle(imports), ["b", "c", "b"]);
});

function readAllImports(): Import[] {
  return listModules().flatMap(readImports);
}

function isInside({ to }: Import): boolean {
  return /^(mod\.ts|lib\/|ffi\/)/.test(to);
}

function rowOf(path: string): typeof FLOW[number] | undefined {
  return FLOW.find(([part]) => isWithin(path, part));
}

function isWithin(path: string, part: string): boolean {
  return part.endsWith("/") ? path.startsWith(part) : path === part;
}

function breachOfFlow(found: Import): Import[] {
  const row = rowOf(found.from);
  if (row === undefined) return [];
  const [part, mayImport] = row;
  const isAllowed = [part, ...mayImport].some((allowed) =>
    isWithin(found.to, allowed)
  );
  return isAllowed ? [] : [found];
}

/** Depth first; a module met again on the present path closes a circle. */
function findCycle(imports: readonly Import[]): string[] | undefined {
  const targets = Map.groupBy(imports, ({ from }) => from);
  const done = new Set<string>();
  const visit = (
    module: string,
    path: readonly string[],
  ): string[] | undefined => {
    const start = path.indexOf(module);
    if (start >= 0) return [...path.slice(start), module];
    if (done.has(module)) return undefined;
    for (const { to } of targets.get(module) ?? []) {
      const cycle = visit(to, [...path, module]);
      if (cycle !== undefined) return cycle;
    }
    done.add(module);
    return undefined;
  };
  for (const module of targets.keys()) {
    const cycle = visit(module, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
