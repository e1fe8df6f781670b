import assert from "node:assert/strict";
import { join } from "node:path";
import fc from "fast-check";
import { InvalidConfigError, InvalidCpuSetError } from "../../lib/errors.ts";
import { readEnvironment } from "../../lib/config/env.ts";
import { readConfigFile } from "../../lib/config/file.ts";
import { readFlags } from "../../lib/config/flags.ts";
import type { Layer } from "../../lib/config/layer.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import {
  CONFIG_KEYS,
  environmentName,
  flagName,
  SETTINGS,
} from "../../lib/config/schema.ts";
import { formatCpuset, parseCpuset } from "../../lib/placement/cpuset.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import { withFiles } from "./config_file.ts";

const NAMES = CONFIG_KEYS.map((key) => SETTINGS[key].name);

/** Any text, and text that resembles valid input. */
const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string({ unit: fc.constantFrom(..."0129-,: \n.eGPUMIBk=\ud800") }),
);

const argument = fc.oneof(
  text,
  fc.constantFrom("--", "-", "--loom-", "--no-loom-", "--__proto__"),
  fc.tuple(
    fc.constantFrom(...NAMES.map(flagName), "--loom-config", "--loom-pin"),
    fc.constantFrom("", "="),
    text,
  ).map((parts) => parts.join("")),
);

test("parseCpuset(formatCpuset(cpus)) returns the same CPUs", () => {
  const cpus = fc.uniqueArray(fc.nat(4096), { minLength: 1 });
  fc.assert(fc.property(cpus, (cpus) => {
    const sorted = cpus.toSorted((a, b) => a - b);
    assert.deepEqual(parseCpuset(formatCpuset(cpus)), sorted);
  }));
});

test("parseCpuset() throws only InvalidCpuSetError, for any text", () => {
  fc.assert(fc.property(text, (text) => {
    assertOnlyOwnErrors(() => parseCpuset(text));
  }));
});

test("readFlags() causes only InvalidConfigError and loses no other argument", () => {
  fc.assert(fc.property(fc.array(argument), (argv) => {
    const { layer, rest } = readFlags(argv);
    resolveOrReject(layer);
    const own = rest.slice(0, rest.indexOf("--") + 1 || undefined)
      .filter((argument) => /^--(no-)?loom-/.test(argument));
    assert.deepEqual(own, []);
    assertSubsequence(rest, argv);
  }));
});

test("readFlags() returns arguments without loom's flags unchanged", () => {
  const foreign = argument.filter((argument) => !argument.includes("loom-"));
  fc.assert(fc.property(fc.array(foreign), (argv) => {
    assert.deepEqual(readFlags(argv).rest, argv);
  }));
});

test("readEnvironment() causes only InvalidConfigError, for any variables", () => {
  const names = [
    ...NAMES.map((name) => environmentName("LOOM", name)),
    "LOOM_",
    "LOOM_CPU",
    "__proto__",
  ];
  const name = fc.oneof(text, fc.constantFrom(...names));
  fc.assert(
    fc.property(fc.dictionary(name, text), text, (variables, prefix) => {
      resolveOrReject(readEnvironment("LOOM", variables));
      resolveOrReject(readEnvironment(prefix, variables));
    }),
  );
});

stressTest(
  "readConfigFile() causes only InvalidConfigError, for any file",
  async () => {
    const line = fc.tuple(
      fc.oneof(fc.constantFrom(...NAMES, "[prefix]", "{", '"'), text),
      fc.constantFrom(" = ", ": ", ""),
      fc.oneof(text, fc.json()),
    ).map((parts) => parts.join(""));
    const file = fc.oneof(
      text,
      fc.array(line).map((lines) => lines.join("\n")),
    );
    for (const name of ["loom.toml", "loom.yaml", "loom.json"]) {
      await fc.assert(
        fc.asyncProperty(file, async (text) => {
          await withFiles({ [name]: text }, async (folder) => {
            resolveOrReject(await readConfigFile(join(folder, name)));
          });
        }),
        { numRuns: sized(30, 1_000) },
      );
    }
  },
);

function resolveOrReject(layer: Layer): void {
  assertOnlyOwnErrors(() => resolveConfig([layer]));
}

function assertOnlyOwnErrors(body: () => unknown): void {
  try {
    body();
  } catch (error) {
    const own = error instanceof InvalidConfigError ||
      error instanceof InvalidCpuSetError;
    if (!own) throw error;
  }
}

function assertSubsequence(
  part: readonly string[],
  whole: readonly string[],
): void {
  let index = -1;
  for (const item of part) {
    index = whole.indexOf(item, index + 1);
    assert.notEqual(index, -1, `${JSON.stringify(item)} is out of order`);
  }
}
