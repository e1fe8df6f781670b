/**
 * Random and mutated inputs for the readers of the configuration.
 *
 * @module
 */

import { CONFIG_KEYS, SETTINGS } from "../../lib/config/schema.ts";

/** A source of random numbers that repeats with its seed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  /** An integer from 0 to `end`, not included. */
  below(end: number): number {
    // Mulberry32.
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let bits = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) % end;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)];
  }
}

/** The names of all settings in files. */
export const NAMES: readonly string[] = CONFIG_KEYS.map((key) =>
  SETTINGS[key].name
);

const KEYS = [
  ...NAMES,
  ...["__proto__", "constructor", "prototype", "toString", "hasOwnProperty"],
  ...["tokio_flavor", "mab_knobs"],
  ...["$schema", "<<", "cpu_set", "x", ""],
];

const VALUES = [
  ...["1", "0", "-1", "2.5", "true", "no", "null", "~", "0-3,8", "64MiB"],
  ...['"myapp"', "'a/b'", "require", "any", "GPU-1", "nan", "-inf", ".inf"],
  ...["1e999", "9007199254740993", "99999999999999999999999999", "0x1F", "0o7"],
  ...["0-65535", "0-99999999999", "0-65535:0", "2001-02-29", "07:32:00.999999"],
  ...["[]", "{}", "[1, [2, [3]]]", "{a: {b: 1}}", '{"__proto__": {"x": 1}}'],
  ...["{__proto__ = 1}", "*a", "&a 1", "&a [*a]", "!!binary AAA", "!!js/x y"],
  ...["|\n  text", ">-\n  text", "'''\nx\n'''", '"""\nx"""', '"\\ud800"'],
];

const SYNTAX: Readonly<Record<string, readonly string[]>> = {
  toml: [..." =.[]{}\"'#,\n\t\\", "[[a]]", "\n[", "]\n", '"""', "__proto__."],
  yaml: [
    ..." :-[]{}\"'#,\n\t&*!|>?%@`\\",
    ...["\n---\n", "%YAML 1.1\n---\n", "<<: ", "? ", "- ", "&a ", "*a", "\n  "],
  ],
  json: [...' :[]{}",\n\\', "\\u0000", "null", '"__proto__":', "1e9"],
  text: [..."=,:- \n.%/", "--", "loom-", "--no-loom-", "\0", "\ud800", "٣"],
};

/** A format of text. */
export type Format = "toml" | "yaml" | "json" | "text";

/** A whole document with random keys and values. */
export function document(random: Random, format: Format): string {
  const lines = Array.from({ length: random.below(6) }, () => {
    const key = random.pick(KEYS);
    const value = random.pick(VALUES);
    if (format === "toml") return `${key} = ${value}`;
    return format === "yaml" ? `${key}: ${value}` : `"${key}": ${value}`;
  });
  return format === "json" ? `{${lines.join(",\n")}}` : lines.join("\n");
}

/** A value as text, valid or not. */
export function value(random: Random): string {
  return mutate(random, random.pick(VALUES), "text");
}

/** Changes `text` at some random places. */
export function mutate(random: Random, text: string, format: Format): string {
  for (let changes = random.below(6); changes > 0; changes--) {
    const at = random.below(text.length + 1);
    const end = at + random.below(8);
    text = text.slice(0, at) + insertion(random, text, format) +
      text.slice(random.below(2) === 0 ? at : end);
  }
  return text;
}

function insertion(random: Random, text: string, format: Format): string {
  switch (random.below(6)) {
    case 0:
      return "";
    case 1:
      return String.fromCharCode(random.below(random.pick([128, 65_536])));
    case 2:
      return random.pick([...KEYS, ...VALUES]);
    case 3: {
      const from = random.below(text.length + 1);
      return text.slice(from, from + random.below(40));
    }
    case 4:
      return random.pick(SYNTAX[format]).repeat(random.below(40));
    default:
      return random.pick(SYNTAX[format]);
  }
}
