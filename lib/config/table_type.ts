/**
 * The type of a setting that is a table of numbers and switches: a table in files and code,
 * and `name=value,name=value` in the environment and flags.
 *
 * @module
 */

import { nearestName } from "./nearest.ts";
import { type Check, showValue, type ValueType } from "./value_type.ts";

/** One key of a table. */
export interface Column<T> {
  /** Its name in files. In code, `max_us` is `maxUs`. */
  readonly name: string;
  /** Its name in loom-rs, if that is another. */
  readonly alias?: string;
  /** How the value is read and checked. */
  readonly type: ValueType<T>;
  /** One line for editors. */
  readonly summary: string;
}

/** The keys of a table that has the members of `T`. */
export type Columns<T> = {
  readonly [K in keyof T]-?: Column<Exclude<T[K], undefined>>;
};

/**
 * A table.
 *
 * @param unused Keys that loom-rs has and that have no meaning here. Their values are ignored.
 */
export function tableType<T extends object>(
  columns: Columns<T>,
  unused: readonly string[] = [],
): ValueType<T> {
  const byName = new Map<string, [keyof T, Column<unknown>]>();
  for (const key of Object.keys(columns) as (keyof T & string)[]) {
    const column: Column<unknown> = columns[key];
    for (const name of [key, column.name, column.alias ?? key]) {
      byName.set(name, [key, column]);
    }
  }
  const shown = Object.values<Column<unknown>>(columns).map(({ name }) => name);
  const read = (
    entries: Iterable<readonly [string, unknown]>,
    textual: boolean,
  ): Check<T> => {
    const table = new Map<string, unknown>();
    for (const [name, value] of entries) {
      if (unused.includes(name)) continue;
      const found = byName.get(name);
      if (found === undefined) {
        const known = [...byName.keys(), ...unused];
        return { problem: unknownKey(name, known, shown) };
      }
      const [key, { type }] = found;
      // What loom-rs writes for a value that is not set.
      if (value === null || value === undefined) continue;
      if (table.has(key as string)) {
        return { problem: `has ${name} twice, give it only once` };
      }
      const check = textual
        ? type.fromText(String(value))
        : type.fromValue(value);
      if ("problem" in check) {
        return { problem: `has ${name}, which ${check.problem}` };
      }
      table.set(key as string, check.value);
    }
    return { value: Object.freeze(Object.fromEntries(table) as T) };
  };
  return {
    placeholder: "name=value,…",
    jsonSchema: schemaOf(columns, unused),
    fromValue: (value) =>
      value === null || showValue(value) === "a table"
        ? read(Object.entries(value ?? {}), false)
        : { problem: `must be a table, got ${showValue(value)}` },
    fromText: (text) => {
      const parts = text.split(",").map((part) => part.trim())
        .filter((part) => part !== "");
      const wrong = parts.find((part) => !part.includes("="));
      return wrong === undefined
        ? read(parts.map(splitPair), true)
        : { problem: `must be name=value,…, got ${showValue(wrong)}` };
    },
  };
}

/** A table as text: `max_us=100,strikes=false`. */
export function showTable(value: object): string {
  return Object.entries(value).map(([key, part]) =>
    `${key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}=${part}`
  ).join(",");
}

function splitPair(part: string): [string, string] {
  const at = part.indexOf("=");
  return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

function unknownKey(
  name: string,
  known: readonly string[],
  shown: readonly string[],
): string {
  const nearest = nearestName(name, known);
  return `has an unknown key ${JSON.stringify(name.slice(0, 80))}, ${
    nearest === undefined
      ? `expected one of ${shown.join(", ")}`
      : `did you mean ${nearest}?`
  }`;
}

function schemaOf<T>(
  columns: Columns<T>,
  unused: readonly string[],
): Record<string, unknown> {
  const properties = Object.values<Column<unknown>>(columns).flatMap(
    ({ name, alias, type, summary }) => [
      [name, { description: summary, ...type.jsonSchema }],
      ...(alias === undefined || alias === name ? [] : [[alias, {
        description: `${summary} (the loom-rs name of ${name})`,
        // What loom-rs writes for a value that is not set.
        anyOf: [type.jsonSchema, { type: "null" }],
      }]]),
    ],
  );
  return {
    type: ["object", "null"],
    properties: Object.fromEntries([
      ...properties,
      ...unused.map((
        name,
      ) => [name, { description: "Of loom-rs, without a meaning here" }]),
    ]),
    additionalProperties: false,
  };
}
