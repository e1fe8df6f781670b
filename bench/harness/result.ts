/**
 * What a benchmark came to: one JSON file for each runtime in bench/results/.
 *
 * @module
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Environment, RuntimeName } from "./environment.ts";
import type { Figure } from "./benchmark.ts";

/** The rounds of one contender, or why there are none. */
export type Outcome =
  | { readonly rounds: Readonly<Record<string, readonly number[]>> }
  | { readonly absent: string };

/** The answer to one benchmark on one runtime. */
export interface Result {
  readonly benchmark: string;
  readonly title: string;
  /** The command that made it. */
  readonly command: string;
  readonly environment: Environment;
  readonly figures: Readonly<Record<string, Figure>>;
  /** By name of the contender; loom first. */
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

const FOLDER = new URL("../results/", import.meta.url);

/** Where the result of a benchmark is kept. */
export function resultPath(benchmark: string, runtime: RuntimeName): string {
  const name = `${runtime.toLowerCase()}_${benchmark}.json`;
  return fileURLToPath(new URL(name, FOLDER));
}

/** Writes a result, to where it is kept unless another file is named. */
export function writeResult(result: Result, path?: string): void {
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(
    path ?? resultPath(result.benchmark, result.environment.runtime),
    `${JSON.stringify(result, null, 2)}\n`,
  );
}

/** Reads every result that is kept. */
export function readResults(folder: URL = FOLDER): Result[] {
  return readdirSync(folder).filter((name) => name.endsWith(".json")).sort()
    .map((name) => JSON.parse(readFileSync(new URL(name, folder), "utf8")));
}
