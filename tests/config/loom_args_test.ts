import assert from "node:assert/strict";
import { parseArgs } from "node:util";
import { Command } from "commander";
import { LoomArgs } from "../../lib/config/loom_args.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import { CONFIG_KEYS, flagName, SETTINGS } from "../../lib/config/schema.ts";
import { test } from "../support/test.ts";

test("LoomArgs.parse() separates its flags from all other arguments", () => {
  const args = LoomArgs.parse([
    "run",
    "--loom-cpuset",
    "0",
    "-x-",
    "--output=x",
    "--loom-compute-threads=1",
    "-o",
    "--no-loom-pin-threads",
    "no value",
    "--loom",
    "-",
    "--loom-config",
    "a.toml",
    "--loom-config=b.yaml",
    "",
    "--verbose",
    "--",
    "own",
    "--loom-cpuset",
    "args",
  ]);
  assert.deepEqual(args.flags, [
    "--loom-cpuset",
    "0",
    "--loom-compute-threads=1",
    "--no-loom-pin-threads",
    "--loom-config",
    "a.toml",
    "--loom-config=b.yaml",
  ]);
  assert.deepEqual(args.rest, [
    "run",
    "-x-",
    "--output=x",
    "-o",
    "no value",
    "--loom",
    "-",
    "",
    "--verbose",
    "--",
    "own",
    "--loom-cpuset",
    "args",
  ]);
  assert.deepEqual(args.configFiles, ["a.toml", "b.yaml"]);
  const { cpuset, computeThreads, pinThreads } =
    resolveConfig([args.layer]).config;
  assert.deepEqual([cpuset, computeThreads, pinThreads], ["0", 1, false]);
});

test("The last value of a repeated flag wins", () => {
  const { layer } = LoomArgs.parse([
    "--loom-pin-threads=require",
    "--no-loom-pin-threads",
    "--loom-cpuset=0",
    "--loom-cpuset=1",
  ]);
  const { config } = resolveConfig([layer]);
  assert.deepEqual([config.pinThreads, config.cpuset], [false, "1"]);
});

test("A flag without a value does not take the next flag", () => {
  const { rest, layer } = LoomArgs.parse([
    "--loom-cpuset",
    "--verbose",
    "--loom-prefix",
    "--loom-async-threads=2",
  ]);
  assert.deepEqual(rest, ["--verbose"]);
  assert.equal(layer.problems.length, 2);
  assert.deepEqual(layer.entries.map(({ value }) => value), [2]);
});

test("node:util parseArgs and commander can parse the rest", () => {
  const argv = ["--loom-cpuset", "0", "--name", "x", "--", "--loom-y"];
  const { rest } = LoomArgs.parse(argv);
  const { values, positionals } = parseArgs({
    args: rest,
    options: { name: { type: "string" } },
    allowPositionals: true,
  });
  assert.deepEqual([values.name, positionals], ["x", ["--loom-y"]]);
  const command = new Command().option("--name <name>").argument("[rest...]")
    .parse(rest, { from: "user" });
  assert.deepEqual([command.opts().name, command.args], ["x", ["--loom-y"]]);
});

test("LoomArgs.help() describes every flag, aligned within 80 columns", () => {
  const [heading, ...lines] = LoomArgs.help().split("\n");
  assert.equal(heading, "loom options:");
  const column = lines[0].search(/(?<= {2})[A-Z]/);
  for (const line of lines) {
    assert.ok(line.length <= 80, line);
    assert.match(line.slice(column - 2), /^ {2}\S/, line);
  }
  const words = LoomArgs.help().replaceAll(/\s+/g, " ");
  for (const key of CONFIG_KEYS) {
    const { name, aliases, summary } = SETTINGS[key];
    assert.ok(words.includes(` ${flagName(name)}`), name);
    assert.ok(words.includes(summary), name);
    for (const alias of aliases) {
      assert.ok(words.includes(`also ${flagName(alias)}`), alias);
    }
  }
});
