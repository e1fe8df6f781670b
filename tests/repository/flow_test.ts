import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";
import { type Import, importsIn, listModules, readImports } from "./imports.ts";

// Each package from outside is imported by one file. Both runtimes have `node:`.
const LIBRARIES: Readonly<Record<string, string>> = {
  "@nats-io/jetstream": "lib/cluster/streams.ts",
  "@nats-io/obj": "lib/cluster/object_store.ts",
  "@nats-io/services": "lib/cluster/discovery.ts",
  "@nats-io/transport-node": "lib/cluster/connection.ts",
  "@std/cli/parse-args": "lib/config/args.ts",
  "@std/toml": "lib/config/toml.ts",
  "@std/yaml": "lib/config/yaml.ts",
  "@opentelemetry/api": "lib/opentelemetry/api.ts",
  "acorn": "lib/tasks/parser.ts",
  "commander": "lib/cli/program.ts",
};

/** The parts of the architecture from top to bottom, each with those it imports. */
type Diagram = ReadonlyMap<string, ReadonlySet<string>>;

test("ARCHITECTURE.md shows every import between parts, and no other", () => {
  assert.deepEqual(sorted(readDiagram()), sorted(importedParts()));
});

test("No part imports one above it in ARCHITECTURE.md", () => {
  assert.deepEqual(upwardArrows(readDiagram()), []);
});

test("No modules import each other in a circle", () => {
  assert.deepEqual(findCycle(readAllImports()) ?? [], []);
});

test("A package from outside is imported by its one file only", () => {
  const breaches = readAllImports().filter(({ from, to }) =>
    !isInside(to) && !to.startsWith("node:") && LIBRARIES[to] !== from
  );
  assert.deepEqual(breaches, []);
});

test("A program that imports the library loads no parser before it needs one", () => {
  const imports = readAllImports().filter(({ deferred }) => !deferred);
  const packagesOf = (entryPoint: string) => {
    const reached = new Set([entryPoint]);
    for (const from of reached) {
      const found = imports.filter((each) => each.from === from);
      for (const { to } of found) reached.add(to);
    }
    return Object.keys(LIBRARIES).filter((name) => reached.has(name));
  };
  const observed = imports.filter(({ from, to }) =>
    to.startsWith("lib/observer/") &&
    !["observer", "cli"].includes(partOf(from))
  );
  assert.deepEqual(observed, []);
  // One small module: LoomArgs.parse() cannot wait for it.
  assert.deepEqual(packagesOf("mod.ts"), ["@std/cli/parse-args"]);
  assert.deepEqual(packagesOf("lib/worker/entry.ts"), []);
});

test("Only the cluster and two of the commands load the client of NATS", () => {
  const imports = readAllImports();
  const reached = new Set(["mod.ts", "lib/worker/entry.ts"]);
  for (const from of reached) {
    const found = imports.filter((each) => each.from === from);
    for (const { to } of found) reached.add(to);
  }
  assert.ok(!reached.has("lib/cluster/mod.ts"));
  const others = imports
    .filter(({ from, to }) =>
      to.startsWith("lib/cluster/") && partOf(from) !== "cluster"
    );
  const loaders = ["lib/cli/cluster_commands.ts"];
  assert.deepEqual([...new Set(others.map(({ from }) => from))], loaders);
  // Its other import is one of types.
  assert.deepEqual(
    others.filter(({ deferred }) => deferred).map(({ from }) => from),
    loaders,
  );
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

test("diagramIn() reads parts that import several, on more than one line, and none", () => {
  const text = "Text\n```text\ntop -> middle,\n       low\n\nmiddle -> low\n" +
    "low ->\n```\nother -> text\n";

  const diagram = diagramIn(text);

  assert.deepEqual([...diagram], [
    ["top", new Set(["middle", "low"])],
    ["middle", new Set(["low"])],
    ["low", new Set()],
  ]);
});

test("diagramIn() refuses a line without an arrow, and a part that stands twice", () => {
  assert.throws(() => diagramIn("```text\ntop\n```"), /no arrow: top/);
  assert.throws(() => diagramIn("```text\na ->\na ->\n```"), /twice: a/);
  assert.throws(() => diagramIn("no diagram"), /no diagram/);
});

test("upwardArrows() finds imports of parts above, of the part itself and of unknown ones", () => {
  const diagram: Diagram = new Map([
    ["top", new Set(["low"])],
    ["middle", new Set(["top", "middle", "unknown"])],
    ["low", new Set<string>()],
  ]);
  assert.deepEqual(upwardArrows(diagram), [
    "middle -> top",
    "middle -> middle",
    "middle -> unknown",
  ]);
});

test("partOf() names the part of a module", () => {
  const paths = ["mod.ts", "lib/runtime.ts", "lib/cli/topology/text.ts"];
  assert.deepEqual(paths.map(partOf), ["mod", "runtime", "cli"]);
  assert.equal(partOf("ffi/libc.ts"), "ffi");
});

test("findCycle() names the modules of the circle", () => {
  const imports = [
    { from: "a", to: "b" },
    { from: "b", to: "c" },
    { from: "c", to: "b" },
  ].map((each) => ({ ...each, deferred: false }));
  assert.deepEqual(findCycle(imports), ["b", "c", "b"]);
});

function readAllImports(): Import[] {
  return listModules().flatMap(readImports);
}

function isInside(path: string): boolean {
  return /^(mod\.ts|lib\/|ffi\/)/.test(path);
}

function partOf(path: string): string {
  const [first, second] = path.split("/");
  return (first === "lib" ? second : first).replace(/\.ts$/, "");
}

function readDiagram(): Diagram {
  return diagramIn(readFileSync(`${ROOT}/ARCHITECTURE.md`, "utf8"));
}

/** The first block of text, with lines of the form `part -> part, part`. */
function diagramIn(markdown: string): Diagram {
  const block = /^```text\n([^]*?)^```$/m.exec(markdown)?.[1];
  if (block === undefined) throw new Error("Cannot read diagram: no diagram");
  const diagram = new Map<string, ReadonlySet<string>>();
  // An indented line continues the one before it.
  const lines = block.replace(/\n[ ]+/g, " ").split("\n");
  for (const line of lines.filter((line) => line.trim() !== "")) {
    const [, part, imports] = /^(\w+)\s+->(.*)$/.exec(line) ?? [];
    if (part === undefined) {
      throw new Error(`Cannot read diagram: a line has no arrow: ${line}`);
    }
    if (diagram.has(part)) {
      throw new Error(`Cannot read diagram: a part stands twice: ${part}`);
    }
    diagram.set(part, new Set(imports.match(/\w+/g) ?? []));
  }
  return diagram;
}

/** The parts that exist, each with those that its modules import. */
function importedParts(): Diagram {
  const parts = new Map<string, Set<string>>();
  for (const module of listModules()) parts.set(partOf(module), new Set());
  for (const { from, to } of readAllImports()) {
    if (!isInside(to)) continue;
    if (partOf(to) !== partOf(from)) parts.get(partOf(from))!.add(partOf(to));
  }
  return parts;
}

function sorted(diagram: Diagram): string[] {
  return [...diagram].map(([part, imports]) =>
    `${part} -> ${[...imports].sort().join(", ")}`
  ).sort();
}

function upwardArrows(diagram: Diagram): string[] {
  const order = [...diagram.keys()];
  return [...diagram].flatMap(([part, imports]) =>
    [...imports]
      .filter((other) => order.indexOf(other) <= order.indexOf(part))
      .map((other) => `${part} -> ${other}`)
  );
}

/** Depth first: a module that is already on the path closes a circle. */
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
