/**
 * Reads the environment: `LOOM_CPUSET`, `LOOM_ASYNC_THREADS` and so on.
 *
 * @module
 */

import process from "node:process";
import { InvalidConfigError } from "../errors.ts";
import {
  checkLayer,
  failedLayer,
  type Layer,
  type RawEntry,
  spellings,
  unknownName,
} from "./layer.ts";
import { nearestName } from "./nearest.ts";
import { environmentName } from "./schema.ts";
import { showValue } from "./value_type.ts";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that could be read. */
interface Readable {
  readonly variables: Environment;
  readonly notes: readonly string[];
}

/**
 * Reads the variables that begin with `prefix` and an underscore.
 *
 * An empty variable counts as not set, which is what `FOO=${BAR:-}` in a compose file
 * means. Unknown variables under the prefix are ignored, since the application may use the
 * same prefix; one that looks like a misspelt setting is a problem.
 *
 * @param environment Variables to read; defaults to those of the process.
 */
export function readEnvironment(
  prefix: string,
  environment?: Environment,
): Layer {
  const stem = prefix.replace(/_$/, "");
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(stem)) {
    return failedLayer(
      "env",
      `Cannot read environment: the prefix must consist of letters, digits and underscores, got ${
        showValue(prefix)
      }`,
    );
  }
  const spell = (name: string) => environmentName(stem, name);
  const known = spellings(spell);
  const { variables, notes } = environment === undefined
    ? processEnvironment([...known.keys()])
    : { variables: environment, notes: [] };
  const raw: RawEntry[] = [...known.keys()].flatMap((name) =>
    variables[name]
      ? [{ spelling: name, value: variables[name], originName: name }]
      : []
  );
  const action = "Cannot read environment";
  const layer = checkLayer(
    { source: "env", action, textual: true, noun: "variable", spell },
    raw,
    notes,
  );
  const misspelt = Object.keys(variables)
    .filter((name) => variables[name] && isMisspelt(name, stem, known))
    .map((name) => unknownName("variable", name, known.keys()))
    .map((problem) => new InvalidConfigError(`${action}: ${problem}`));
  return { ...layer, problems: [...layer.problems, ...misspelt] };
}

/** Compares the part after the prefix; with it, any two names would look alike. */
function isMisspelt(
  name: string,
  stem: string,
  known: ReadonlyMap<string, unknown>,
): boolean {
  if (known.has(name) || !name.startsWith(`${stem}_`)) return false;
  const rest = (full: string) => full.slice(stem.length + 1);
  return nearestName(rest(name), [...known.keys()].map(rest)) !== undefined;
}

/** The part of Deno's namespace that reports which variables may be read. */
interface DenoPermissions {
  permissions: {
    querySync(
      descriptor: { name: "env"; variable?: string },
    ): { state: string };
  };
}

/** Whether a variable, or any of them, may be read without a prompt. */
function isPermitted(variable?: string): boolean {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  return Deno === undefined ||
    Deno.permissions.querySync(
        variable === undefined ? { name: "env" } : { name: "env", variable },
      ).state === "granted";
}

/** One variable of the process; undefined if it is not set or may not be read. */
export function permittedVariable(name: string): string | undefined {
  return isPermitted(name) ? process.env[name] : undefined;
}

/** Reads the variables that Deno permits without a prompt; Bun permits all. */
function processEnvironment(names: readonly string[]): Readable {
  if (isPermitted()) return { variables: { ...process.env }, notes: [] };
  const readable = names.filter((name) => isPermitted(name));
  const variables = Object.fromEntries(
    readable.map((name) => [name, process.env[name]]),
  );
  const denied = names.length - readable.length;
  const notes = denied === 0 ? [] : [
    `${denied} of ${names.length} environment variables were not read: Deno runs without --allow-env`,
  ];
  return { variables, notes };
}
