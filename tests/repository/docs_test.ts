import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { posix } from "node:path";
import { test } from "../support/test.ts";
import { PINNED, ROOT } from "../support/runtimes.ts";
import { listFiles } from "./imports.ts";
import { linkTargets } from "./markdown.ts";

const PACKAGE = JSON.parse(read("package.json"));
const DENO = JSON.parse(read("deno.json"));
/** Where Bun finds what deno.json imports from files. */
const { paths: PATHS } = JSON.parse(
  read("tsconfig.json").replace(/^\s*\/\/.*$/gm, ""),
).compilerOptions;

// What readers meet on JSR and npm: a relative link works there only if its target is
// published too. Everything else is linked by its address in the repository, which
// package.json names once.
const SHOWN_BY_REGISTRIES = ["README.md", "CHANGELOG.md"];
const BROWSE = `https://github.com/${
  PACKAGE.repository.replace(/^github:/, "")
}/blob/main/`;

test("Every relative link in the documents leads to a file", () => {
  const dead = documents().flatMap((path) =>
    relativeLinks(path)
      .filter((target) => !existsSync(`${ROOT}/${target}`))
      .map((target) => `${path}: ${target}`)
  );
  assert.deepEqual(dead, []);
});

test("Every relative link that JSR and npm show leads to a published file", () => {
  const dead = SHOWN_BY_REGISTRIES.flatMap((path) =>
    relativeLinks(path)
      .filter((target) => !isPublished(target))
      .map((target) => `${path}: ${target}; write ${BROWSE}${target}`)
  );
  assert.deepEqual(dead, []);
});

test("Every link to the repository leads to a file of it", () => {
  const repository = BROWSE.replace(/blob\/main\/$/, "");
  const dead = documents().flatMap((path) =>
    linkTargets(read(path))
      .filter((link) => link.startsWith(repository))
      .filter((link) =>
        !link.startsWith(BROWSE) ||
        !existsSync(`${ROOT}/${withoutSuffix(link.slice(BROWSE.length))}`)
      )
      .map((link) => `${path}: ${link}`)
  );
  assert.deepEqual(dead, []);
});

test("No other address of a repository file is written out", () => {
  const others = SHOWN_BY_REGISTRIES.flatMap((path) =>
    linkTargets(read(path))
      .filter((link) => /\/(blob|raw|tree)\//.test(link))
      .filter((link) => !link.startsWith(BROWSE))
      .map((link) => `${path}: ${link}`)
  );
  assert.deepEqual(others, []);
});

test("linkTargets() finds links and images, but none in code", () => {
  const page = [
    "[a](b.md#part) and ![plot](c/d.svg) `[x](y.md)`",
    "[![badge](e.svg)](https://f.example/)",
    "```ts",
    "call([g](h.md));",
    "```",
    "[name]: i.md",
  ].join("\n");
  assert.deepEqual(linkTargets(page), [
    "b.md#part",
    "c/d.svg",
    "e.svg",
    "https://f.example/",
    "i.md",
  ]);
});

test("README.md is short enough to read", () => {
  const lines = read("README.md").trimEnd().split("\n").length;
  assert.ok(lines <= 200, `${lines} lines; move details to docs/`);
});

test("The guide's index names every page of it", () => {
  const linked = new Set(relativeLinks("docs/README.md"));
  const missing = documents().filter((path) =>
    /^docs\/[^/]+\.md$/.test(path) && path !== "docs/README.md" &&
    !linked.has(path)
  );
  assert.deepEqual(missing, []);
});

test("Every command in the documents names a task that exists", () => {
  const unknown = [...documents(), ".ci/run"].flatMap((path) => {
    const text = read(path);
    const tasks = [...text.matchAll(/\bdeno(?:@[\d.]+)? task ([\w:]+)/g)];
    const scripts = [...text.matchAll(/\bbun run (\w[\w:]*)(?![\w./:-])/g)];
    return [
      ...tasks.filter(([, name]) => DENO.tasks[name] === undefined),
      ...scripts.filter(([, name]) => PACKAGE.scripts[name] === undefined),
    ].map(([command]) => `${path}: ${command}`);
  });
  assert.deepEqual(unknown, []);
});

test("Every command names the pinned Deno", () => {
  const others = [...documents(), ".ci/run", "package.json"].flatMap((path) =>
    [...read(path).matchAll(/\bdeno@(\d[\w.]*\w)/g)]
      .filter(([, version]) => version !== PINNED.Deno)
      .map(([command]) => `${path}: ${command}`)
  );
  assert.deepEqual(others, []);
});

test("package.json installs the pinned Bun", () => {
  assert.equal(PACKAGE.devDependencies.bun, PINNED.Bun);
});

test("package.json and deno.json describe the same package", () => {
  for (const key of ["name", "version", "license", "exports"]) {
    assert.deepEqual(PACKAGE[key], DENO[key], key);
  }
  const optional = Object.keys(PACKAGE.peerDependencies)
    .map((name) => [name, PACKAGE.devDependencies[name]]);
  const packages = [...Object.entries(PACKAGE.dependencies), ...optional]
    .map(([name, version]) => [name, `npm:${name}@${version}`]);
  const standIns = Object.entries(DENO.imports)
    .filter(([name]) => name.startsWith("@std/"));
  assert.deepEqual(
    DENO.imports,
    Object.fromEntries([...standIns, ...packages]),
  );
  assert.deepEqual(
    PATHS,
    Object.fromEntries(standIns.map(([name, path]) => [name, [path]])),
  );
});

/** The files to which the links of a document lead that are relative to it. */
function relativeLinks(path: string): string[] {
  return linkTargets(read(path))
    .filter((link) => !/^(\w+:|#)/.test(link))
    .map((link) => posix.join(posix.dirname(path), withoutSuffix(link)));
}

function withoutSuffix(link: string): string {
  return link.replace(/[?#].*$/, "");
}

/** Whether both registries get the file; npm takes these three without being told. */
function isPublished(path: string): boolean {
  const always = ["package.json", "README.md", "LICENSE"];
  const lists: string[][] = [
    [...PACKAGE.files, ...always],
    DENO.publish.include,
  ];
  return lists.every((list) =>
    list.some((part) => path === part || path.startsWith(`${part}/`))
  );
}

function documents(): string[] {
  return listFiles().filter((path) => path.endsWith(".md"));
}

function read(path: string): string {
  return readFileSync(`${ROOT}/${path}`, "utf8");
}
