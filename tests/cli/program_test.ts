import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { runProgram } from "../../lib/cli/main.ts";
import { VERSION } from "../../lib/version.ts";
import { configJsonSchemaText } from "../../lib/config/json_schema.ts";
import { LoomArgs } from "../../lib/config/loom_args.ts";
import { withFiles } from "../config/config_file.ts";
import { test } from "../support/test.ts";

interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

async function run(...argv: string[]): Promise<Ran> {
  let [out, err] = ["", ""];
  const exitCode = await runProgram(argv, {
    out: (text) => out += text,
    err: (text) => err += text,
  });
  return { exitCode, out, err };
}

test("loom --help lists the commands, with --json as data", async () => {
  const { exitCode, out } = await run("--help");
  assert.equal(exitCode, 0);
  for (const command of ["config", "doctor", "topology", "schema"]) {
    assert.match(out, new RegExp(`^  ${command} `, "m"));
  }
  const json = await run("--help", "--json");
  const { commands } = JSON.parse(json.out);
  assert.equal(json.exitCode, 0);
  assert.deepEqual(
    commands.map(({ name }: { name: string }) => name),
    [
      "config",
      "doctor",
      "topology",
      "top",
      "trace",
      "dashboard",
      "serve",
      "hosts",
      "schema",
    ],
  );
});

test("loom config shows the merged settings with their origins", async () => {
  await withFiles({ "a.toml": "rayon_threads = 3" }, async (folder) => {
    const path = join(folder, "a.toml");
    const argv = ["config", path, "--loom-cpuset=0", "--env-prefix", "NONE"];
    const { exitCode, out } = await run(...argv);
    assert.equal(exitCode, 0);
    assert.match(out, /^cpuset +"0" +flags --loom-cpuset$/m);
    assert.match(out, /^compute_threads +3 +file .*a\.toml:1:1$/m);
    const { config, settings } = JSON.parse((await run(...argv, "--json")).out);
    assert.deepEqual([config.cpuset, config.computeThreads], ["0", 3]);
    assert.equal(config.cudaDevice, null);
    assert.deepEqual(settings[1].origin, {
      source: "flags",
      name: "--loom-cpuset",
    });
  });
});

test("loom config reports invalid settings and exits with code 1", async () => {
  const message =
    'Cannot read flags: --loom-async-threads must be a positive integer, got "0"';
  const argv = ["config", "--env-prefix", "NONE", "--loom-async-threads=0"];
  assert.deepEqual(await run(...argv), {
    exitCode: 1,
    out: "",
    err: `${message}\n`,
  });
  const json = await run(...argv, "--json");
  assert.deepEqual(JSON.parse(json.out), { error: message });
  assert.equal(json.exitCode, 1);
});

test("loom config --help lists the flags of the settings", async () => {
  assert.ok((await run("config", "--help")).out.includes(LoomArgs.help()));
});

test("loom schema prints the JSON Schema", async () => {
  assert.equal((await run("schema")).out, configJsonSchemaText());
});

test("A misspelt command is an error with a suggestion", async () => {
  const { exitCode, err } = await run("docter");
  assert.equal(exitCode, 1);
  assert.match(err, /Did you mean doctor\?/);
});

test("loom --version is the version in package.json and deno.json", async () => {
  assert.equal((await run("--version")).out, `${VERSION}\n`);
  for (const name of ["package.json", "deno.json"]) {
    const path = new URL(`../../${name}`, import.meta.url);
    assert.equal(JSON.parse(readFileSync(path, "utf8")).version, VERSION, name);
  }
});
