/**
 * The JSON Schema of a config file, generated from the table of settings. The
 * repository holds it as `loom.schema.json`, with which editors check and complete
 * config files; `loom schema` prints it.
 *
 * @module
 */

import { ignoredJsonSchema } from "./loom_rs.ts";
import { CONFIG_KEYS, SETTINGS } from "./schema.ts";

/** Builds the JSON Schema of a config file. */
export function configJsonSchema(): Record<string, unknown> {
  const settings = CONFIG_KEYS.map((key) => SETTINGS[key]);
  const properties = settings.flatMap((setting) => {
    const { name, aliases, summary, type, defaultValue } = setting;
    const fallback = defaultValue === undefined
      ? {}
      : { default: defaultValue };
    return [
      [name, { description: summary, ...type.jsonSchema, ...fallback }],
      ...aliases.map((alias) => [alias, {
        description: `${summary} (the loom-rs name of ${name})`,
        ...type.jsonSchema,
      }]),
    ];
  });
  const exclusions = settings.flatMap(({ name, aliases }) =>
    aliases.map((alias) => ({ not: { required: [name, alias] } }))
  );
  return {
    $schema: "http://json-schema.org/draft-07/schema#",
    title: "loom configuration",
    description: "A config file of the loom thread-pool runtime",
    type: "object",
    properties: {
      $schema: { type: "string" },
      ...Object.fromEntries([...properties, ...ignoredJsonSchema()]),
    },
    additionalProperties: false,
    allOf: exclusions,
  };
}

/** The text of `loom.schema.json`. */
export function configJsonSchemaText(): string {
  return `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
}
