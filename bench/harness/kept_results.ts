/**
 * The results that are kept: one small JSON file for each runtime in bench/results/.
 *
 * @module
 */

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { BENCHMARKS, loadBenchmark } from "../benchmarks.ts";
import type { RuntimeName } from "./environment.ts";
import type { Result } from "./result.ts";

/** Where results are kept. */
export const RESULTS: URL = new URL("../results/", import.meta.url);

/** The folder of a command line as a URL; {@linkcode RESULTS} if it names none. */
export function resultsFolder(path: string | undefined): URL {
  return path === undefined ? RESULTS : pathToFileURL(`${resolve(path)}/`);
}

const RUNTIMES: readonly RuntimeName[] = ["Deno", "Bun"];
/** A number of a file has so many digits; more would be noise. */
const DIGITS = 5;

/** A result as its file has it; title and figures are those of the benchmark. */
type Kept = Omit<Result, "benchmark" | "title" | "figures">;

/** Adds a result to those of its runtime, in place of an earlier one. */
export function keepResult(result: Result, folder: URL = RESULTS): void {
  const { runtime } = result.environment;
  const { benchmark, title: _, figures: __, ...kept } = result;
  const all = { ...readFile(runtime, folder), [benchmark]: kept };
  const sorted = Object.keys(all).sort((a, b) => rank(a) - rank(b))
    .map((name) => [name, all[name]]);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path(runtime, folder), format(Object.fromEntries(sorted)));
}

/** Reads every result that is kept, in the order of the benchmarks. */
export async function readResults(folder: URL = RESULTS): Promise<Result[]> {
  const results: Result[] = [];
  for (const runtime of RUNTIMES) {
    for (const [name, kept] of Object.entries(readFile(runtime, folder))) {
      const { title, figures } = await loadBenchmark(name);
      results.push({ benchmark: name, title, figures, ...kept });
    }
  }
  return results.sort((a, b) => rank(a.benchmark) - rank(b.benchmark));
}

function rank(benchmark: string): number {
  return BENCHMARKS.indexOf(benchmark);
}

function path(runtime: RuntimeName, folder: URL): URL {
  return new URL(`${runtime.toLowerCase()}.json`, folder);
}

function readFile(
  runtime: RuntimeName,
  folder: URL,
): Readonly<Record<string, Kept>> {
  const file = path(runtime, folder);
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {};
}

/** JSON with one line for each innermost object, so that a diff shows what changed. */
function format(value: unknown): string {
  const round = (_: string, value: unknown) =>
    typeof value === "number" ? Number(value.toPrecision(DIGITS)) : value;
  const text = JSON.stringify(value, round, 2)
    .replaceAll(/\[[^[\]{}]*\]/g, onOneLine)
    .replaceAll(/\{[^{}]*\}/g, onOneLine);
  return `${text}\n`;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, " ");
}
