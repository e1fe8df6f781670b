import assert from "node:assert/strict";
import { readEnvironment } from "../../lib/config/env.ts";
import { readConfigText } from "../../lib/config/file.ts";
import { readFlags } from "../../lib/config/flags.ts";
import { parseJson } from "../../lib/config/json.ts";
import type { Layer } from "../../lib/config/layer.ts";
import { resolveConfig } from "../../lib/config/merge.ts";
import {
  CONFIG_KEYS,
  environmentName,
  flagName,
} from "../../lib/config/schema.ts";
import { parseToml } from "../../lib/config/toml.ts";
import { parseYaml } from "../../lib/config/yaml.ts";
import { LoomError } from "../../lib/errors.ts";
import { liveHeapBytes } from "../support/heap.ts";
import { seedFor } from "../support/seed.ts";
import { sized, STRESS } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";
import { document, mutate, NAMES, Random, value } from "./fuzz_inputs.ts";

const INPUTS = sized(150, 200_000);
/** Far less than 180,000 inputs would hold, at 100 bytes each. */
const MAX_GROWTH_BYTES = 8e6;

const PARSERS = { toml: parseToml, yaml: parseYaml, json: parseJson };

/** Every reader: reads one random input and returns it for messages. */
const READERS: Readonly<
  Record<string, (random: Random) => { input: unknown; read: () => Layer }>
> = {
  ...Object.fromEntries(
    (["toml", "yaml", "json"] as const).map((format) => [
      format,
      (random: Random) => {
        const text = mutate(random, document(random, format), format);
        const read = () =>
          readConfigText(`loom.${format}`, text, PARSERS[format]);
        return { input: text, read };
      },
    ]),
  ),
  environment(random) {
    const prefix = random.pick(["LOOM", "LOOM_", "__proto__", "A", "", "a b"]);
    const variables = Object.fromEntries(
      Array.from({ length: random.below(6) }, () => {
        const name = environmentName(prefix, random.pick(NAMES));
        return [
          random.below(2) === 0 ? name : mutate(random, name, "text"),
          value(random),
        ];
      }),
    );
    return {
      input: { prefix, variables },
      read: () => readEnvironment(prefix, variables),
    };
  },
  flags(random) {
    const argv = Array.from({ length: random.below(8) }, () => {
      const flag = flagName(random.pick(NAMES));
      const name = random.below(2) === 0 ? flag : mutate(random, flag, "text");
      return random.pick([name, value(random), `${name}=${value(random)}`]);
    });
    return { input: argv, read: () => readFlags(argv).layer };
  },
};

const PROTOTYPES: readonly object[] = [
  Object.prototype,
  Array.prototype,
  Function.prototype,
  String.prototype,
  Map.prototype,
];

/** Everything that pollution would change. */
function prototypeKeys(): string[] {
  return PROTOTYPES.flatMap((prototype) =>
    Reflect.ownKeys(prototype).map(String)
  );
}

/** Reads the layer; problems must be in it, and the merged values be plain ones. */
function check(read: () => Layer): void {
  const layer = read();
  for (const { message } of layer.problems) {
    assert.match(message, /^Cannot /);
  }
  for (const { key } of layer.entries) assert.ok(CONFIG_KEYS.includes(key));
  try {
    const { config } = resolveConfig([layer]);
    assert.equal(Object.getPrototypeOf(config), Object.prototype);
    assert.deepEqual(Object.keys(config), CONFIG_KEYS);
  } catch (error) {
    if (!(error instanceof LoomError)) throw error;
  }
}

for (const [name, next] of Object.entries(READERS)) {
  stressTest(`Random input causes our own errors only: ${name}`, () => {
    const random = new Random(seedFor(`fuzz of ${name}`));
    const keys = prototypeKeys();
    const ownCount = Reflect.ownKeys(Object.prototype).length;
    let before = 0;
    for (let i = 0; i < INPUTS; i++) {
      const { input, read } = next(random);
      try {
        check(read);
        assert.equal(Reflect.ownKeys(Object.prototype).length, ownCount);
      } catch (error) {
        throw new Error(`${name}: input ${JSON.stringify(input)}`, {
          cause: error,
        });
      }
      if (STRESS && i === INPUTS / 10) before = liveHeapBytes();
    }
    assert.deepEqual(prototypeKeys(), keys);
    // A few inputs could not reach the limit.
    if (!STRESS) return;
    const growth = liveHeapBytes() - before;
    assert.ok(growth < MAX_GROWTH_BYTES, `the heap grew by ${growth} bytes`);
  });
}

/** Enough to overflow the stack of either runtime. */
const DEPTH = sized(5_000, 20_000);
const KEYS = sized(1_500, 20_000);
const LETTERS = [..."abcdefghijklmno"];
/** Each list holds the one before nine times: 9^14 items if aliases were followed. */
const BOMB = [
  "a: &a [x, x, x, x, x, x, x, x, x]",
  ...LETTERS.slice(1).map((letter, i) =>
    `${letter}: &${letter} [${Array(9).fill(`*${LETTERS[i]}`).join(", ")}]`
  ),
];

/** Inputs that overflow the stack of a parser, or make it slow or large. */
const HARD_INPUTS: Readonly<Record<string, readonly [string, string]>> = {
  "lists in lists": ["yaml", `a: ${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`],
  "open lists": ["yaml", `a: ${"[".repeat(DEPTH)}`],
  "tables in tables": ["yaml", `a: ${"{a: ".repeat(DEPTH)}`],
  "lists on one line": ["yaml", "- ".repeat(DEPTH)],
  "a list in a key": ["yaml", `? ${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`],
  "keys in keys": ["yaml", "? ".repeat(40)],
  "keys in keys of a value": ["yaml", `prefix:\n  ${"? ".repeat(40)}`],
  "many aliases": ["yaml", `a: &a 1\n${manyKeys(KEYS, "", ": *a", "\n")}`],
  "aliases of aliases": ["yaml", BOMB.join("\n")],
  "aliases in a key": ["yaml", [...BOMB, "? [*o]", ": 1"].join("\n")],
  "aliases in a list": ["yaml", BOMB.map((b) => `- ${b.slice(3)}`).join("\n")],
  "an alias of itself": ["yaml", "prefix: &a [*a]"],
  "a merge key": ["yaml", "%YAML 1.1\n---\na: &a {cpuset: 1}\n<<: *a"],
  "many YAML keys": ["yaml", manyKeys(KEYS, "", ": 1", "\n")],
  "a long YAML key": ["yaml", `? ${"x".repeat(2 ** 20 - 9)}\n: 1`],
  "a key of aliases": [
    "yaml",
    `a: &a ${"x".repeat(2 ** 19)}\n? [${Array(90).fill("*a").join(", ")}]\n: 1`,
  ],
  "arrays in arrays": ["json", `{"a":${"[".repeat(DEPTH)}`],
  "closed arrays": ["json", `{"a":${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}}`],
  "a long JSON key": ["json", `{"${"x".repeat(2 ** 20 - 9)}": 1}`],
  "many JSON keys": ["json", `{${manyKeys(KEYS, '"', '": 1', ",")}}`],
  "a number of 100,000 digits": ["json", `{"cpuset": ${"9".repeat(100_000)}}`],
  "inline arrays": ["toml", `a = ${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`],
  "inline tables": ["toml", `a = ${"{a = ".repeat(DEPTH)}`],
  "a dotted key": ["toml", `a${".a".repeat(DEPTH)} = 1`],
  "a long TOML key": ["toml", `${"x".repeat(2 ** 20 - 9)} = 1`],
  "many TOML keys": ["toml", manyKeys(KEYS, "", " = 1", "\n")],
  "lines that look like a key": [
    "toml",
    `x = '''\n${"cpuset = 1\n".repeat(20_000)}'''\ncpuset = true`,
  ],
  "a file of 2 MiB": ["toml", `#${"x".repeat(2 ** 21)}\ncpuset = true`],
};

function manyKeys(
  count: number,
  before: string,
  after: string,
  separator: string,
): string {
  return Array.from({ length: count }, (_, i) => `${before}k${i}${after}`)
    .join(separator);
}

for (const [name, [format, text]] of Object.entries(HARD_INPUTS)) {
  stressTest(`${name} in ${format}: a problem, no crash and no hang`, () => {
    const layer = readConfigText(
      `loom.${format}`,
      text,
      PARSERS[format as keyof typeof PARSERS],
    );
    assert.ok(layer.problems.length > 0);
    assert.throws(() => resolveConfig([layer]), LoomError);
  });
}

test("Keys of prototypes are unknown keys, and change no prototype", () => {
  const keys = prototypeKeys();
  const texts = {
    toml: "__proto__.x = 1\nconstructor.prototype.x = 1",
    yaml: "__proto__: {x: 1}\nconstructor: {prototype: {x: 1}}",
    json: '{"__proto__": {"x": 1}, "constructor": {"prototype": {"x": 1}}}',
  };
  for (const [format, text] of Object.entries(texts)) {
    const parse = PARSERS[format as keyof typeof PARSERS];
    const { problems } = readConfigText(`loom.${format}`, text, parse);
    assert.equal(problems.length, 2);
    assert.match(problems[0].message, /unknown key "__proto__"/);
    assert.match(problems[1].message, /unknown key "constructor"/);
  }
  const flags = readFlags(["--loom-__proto__=1", "--loom-constructor", "1"]);
  assert.equal(flags.layer.problems.length, 2);
  assert.equal(({} as { x?: unknown }).x, undefined);
  assert.deepEqual(prototypeKeys(), keys);
});
