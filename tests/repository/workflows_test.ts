import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "@std/yaml";
import { PINNED, ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";
import { listFiles } from "./imports.ts";

// What a forge makes of these files is known only there. `actionlint` finds more faults
// than this test, which needs nothing that is not installed.
const FILES = listFiles(".github").filter((path) => path.endsWith(".yml"));

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly jobs: Readonly<
    Record<string, {
      readonly uses?: string;
      readonly needs?: readonly string[];
      readonly steps?: readonly Step[];
      readonly permissions?: Readonly<Record<string, string>>;
    }>
  >;
}

const WORKFLOWS: ReadonlyMap<string, Workflow> = new Map(
  FILES.filter((path) => path.startsWith(".github/workflows/"))
    .map((path) => [path, readYaml(path) as Workflow]),
);
const JOBS = [...WORKFLOWS].flatMap(([path, { jobs }]) =>
  Object.entries(jobs).map(([id, job]) => ({ path, id, ...job }))
);
const STEPS = JOBS.flatMap(({ steps }) => steps ?? []);

test("The forge's files are YAML, with every issue template filled in", () => {
  assert.equal(WORKFLOWS.size, 2);
  for (const path of FILES.filter((path) => !WORKFLOWS.has(path))) {
    const template = readYaml(path) as Record<string, ArrayLike<unknown>>;
    if (path.endsWith("/config.yml")) continue;
    for (const key of ["name", "description", "body"]) {
      assert.ok(template[key]?.length > 0, `${path} has no ${key}`);
    }
  }
});

test("Every command of a workflow names a task or a file that exists", () => {
  const { tasks } = JSON.parse(read("deno.json"));
  for (const { run = "" } of STEPS) {
    for (const [command, task] of run.matchAll(/\bdeno task ([\w:]+)/g)) {
      assert.ok(tasks[task] !== undefined, command);
    }
    for (const [path] of run.matchAll(/(?<!\S)\.[\w-]+\/[\w./-]+/g)) {
      assert.ok(existsSync(join(ROOT, path)), `${run}: there is no ${path}`);
    }
  }
  for (const { path, uses, needs = [] } of JOBS) {
    if (uses !== undefined) assert.ok(existsSync(join(ROOT, uses)), uses);
    for (const id of needs) {
      assert.ok(WORKFLOWS.get(path)!.jobs[id] !== undefined, `needs ${id}`);
    }
  }
});

test("Every workflow runs the pinned Deno", () => {
  const versions = STEPS.filter(({ uses }) =>
    uses?.startsWith("denoland/setup-deno@")
  ).map((step) => step.with?.["deno-version"]);
  assert.ok(versions.length >= WORKFLOWS.size);
  assert.deepEqual(new Set(versions), new Set([PINNED.Deno]));
});

test("What publishes waits for the gate and the version, and proves where it ran", () => {
  const publishing = JOBS.filter(({ steps }) =>
    steps?.some(({ run = "" }) => /\b(npm publish|release:jsr)\b/.test(run))
  );
  assert.deepEqual(publishing.map(({ id }) => id), ["jsr", "npm"]);
  for (const { needs, permissions } of publishing) {
    assert.deepEqual(needs, ["gate", "version"]);
    assert.equal(permissions?.["id-token"], "write");
  }
  const [npm] = STEPS.filter(({ run }) => run?.startsWith("npm publish "));
  assert.match(npm.run!, /--provenance\b/);
});

function read(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

function readYaml(path: string): unknown {
  return parse(read(path), { schema: "core" });
}
