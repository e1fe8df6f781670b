import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { InvalidConfigError } from "../../lib/errors.ts";
import { type CodeOptions, readCode } from "../../lib/config/code.ts";
import { readEnvironment } from "../../lib/config/env.ts";
import { readConfigFile } from "../../lib/config/file.ts";
import { readFlags } from "../../lib/config/flags.ts";
import type { Layer } from "../../lib/config/layer.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import { test } from "../support/test.ts";
import { messageOf, withFiles } from "./config_file.ts";
import { ANY, FILES } from "./bad_files.ts";
import { CODE, FLAGS, VARIABLES } from "./bad_inputs.ts";

for (const [name, text, message] of FILES) {
  test(`readConfigFile() rejects ${name} with ${JSON.stringify(text)}`, async () => {
    await withFiles({ [name]: text }, async (folder) => {
      const layer = await readConfigFile(join(folder, name));
      const lines = message.split("\n")
        .map((line) => `Cannot read config ${name}: ${line}`);
      assertRejected(layer, lines, folder);
    });
  });
}

for (const [name, text, message] of VARIABLES) {
  test(`readEnvironment() rejects ${name}=${JSON.stringify(text)}`, () => {
    assertRejected(readEnvironment("LOOM", { [name]: text }), [message]);
  });
}

for (const [options, message] of CODE) {
  test(`readCode() reports "${message}"`, () => {
    assertRejected(readCode(options as CodeOptions), [message]);
  });
}

for (const [argv, message] of FLAGS) {
  test(`readFlags() rejects ${argv.join(" ")}`, () => {
    assertRejected(readFlags(argv).layer, [`Cannot read flags: ${message}`]);
  });
}

test("readConfigFile() rejects a missing file and a folder", async () => {
  await withFiles({}, async (folder) => {
    mkdirSync(join(folder, "folder.toml"));
    assertRejected(await readConfigFile(join(folder, "none.toml")), [
      "Cannot read config none.toml: there is no such file; pass { optional: true } if it may be missing",
    ], folder);
    const optional = { optional: true };
    const layer = await readConfigFile(join(folder, "folder.toml"), optional);
    assertRejected(layer, [
      "Cannot read config folder.toml: it is a folder",
    ], folder);
  });
});

test("readEnvironment() rejects an invalid prefix", () => {
  assertRejected(readEnvironment("MY-APP", {}), [
    'Cannot read environment: the prefix must consist of letters, digits and underscores, got "MY-APP"',
  ]);
});

test("readEnvironment() ignores empty variables and those of the application", () => {
  const layer = readEnvironment("APP_", {
    APP_DATABASE_URL: "postgres://",
    APP_CPUSET: "",
    APP_CPUSETS: "",
    APP_PREFIX: "app",
    LOOM_CPUSET: "x",
  });
  assert.deepEqual(layer.problems, []);
  assert.deepEqual(layer.entries.map(({ value }) => value), ["app"]);
});

/** A single problem is the whole message of the error; several have a line each. */
function assertRejected(
  layer: Layer,
  messages: readonly string[],
  folder?: string,
): void {
  const listing = messages.length === 1 ? messages[0] : [
    `Cannot use the configuration: ${messages.length} problems`,
    ...messages.map((message) => `  ${message}`),
  ].join("\n");
  assert.throws(() => resolveConfig([layer]), (error) => {
    assert.ok(error instanceof InvalidConfigError);
    const message = messageOf(error, folder);
    if (!listing.includes(ANY)) assert.equal(message, listing);
    else assert.match(message, patternOf(listing));
    return true;
  });
}

function patternOf(message: string): RegExp {
  const escaped = message.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll(ANY, ".+")}$`);
}
