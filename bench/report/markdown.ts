/**
 * The results as Markdown tables.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import { LOOM, measured, type Result } from "../harness/result.ts";
import { figureTitle, formatNumber, formatRatio } from "./units.ts";

const RUNTIMES: readonly RuntimeName[] = ["Deno", "Bun"];

const HEAD = `<!-- deno-fmt-ignore-file -->

# Benchmark results

\`deno task bench:report\` or \`bun run bench:report\` makes this page and the plots
from deno.json and bun.json beside it. Each cell is the median of the rounds and,
in parentheses, their minimum and maximum; "12x" is 12 times the median of loom in
the same run. The lines under each heading say when, where and with which command
it was measured. [bench/README.md](../README.md) explains the benchmarks.
`;

/** The whole report; `plotOf` returns the path of the plot of a result, if it has one. */
export function reportMarkdown(
  results: readonly Result[],
  plotOf: (result: Result) => string | undefined,
): string {
  const groups = Map.groupBy(results, ({ benchmark }) => benchmark);
  return [
    HEAD,
    ...[...groups.values()].map((results) => section(inOrder(results), plotOf)),
  ].join("\n");
}

function inOrder(results: readonly Result[]): Result[] {
  return results.toSorted((a, b) =>
    RUNTIMES.indexOf(a.environment.runtime) -
    RUNTIMES.indexOf(b.environment.runtime)
  );
}

function section(
  results: readonly Result[],
  plotOf: (result: Result) => string | undefined,
): string {
  const plots = results.flatMap((result) => {
    const path = plotOf(result);
    const alt = `${result.title}: plot for ${result.environment.runtime}`;
    return path === undefined ? [] : [`![${alt}](${path})\n`];
  });
  return [
    `## ${results[0].title}\n`,
    `${results.map(origin).join("\n")}\n`,
    ...plots,
    ...table(results),
    "",
    ...failureList(results),
  ].join("\n");
}

/** When, where and how it was measured: without these a figure means nothing. */
function origin({ environment, command, rounds, note }: Result): string {
  const { runtime, version, cpu, cpuCount, cpus, kernel, load, date } =
    environment;
  return `- ${runtime} ${version}: \`${command}\`; ${rounds} ${
    rounds === 1 ? "round" : "rounds"
  } on ${cpuCount} CPUs (${cpus}) of ${cpu}, Linux ${kernel}, load ${
    load.join(" ")
  }, ${date.slice(0, 10)}${note === undefined ? "" : `. ${note}`}`;
}

function table(results: readonly Result[]): string[] {
  const names = results.map(({ environment }) => environment.runtime);
  const cells = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const figures = Object.assign({}, ...results.map(({ figures }) => figures));
  const shown = Object.keys(figures).filter((key) => !figures[key].plotOnly);
  return [
    cells(["", "", ...names.flatMap((name) => [name, "to loom"])]),
    cells(["---", "---", ...names.flatMap(() => ["---:", "---:"])]),
    ...shown.flatMap((key) =>
      contendersWith(key, results).map((contender, i) =>
        cells([
          i === 0 ? figureTitle(figures[key]) : "",
          contender === LOOM ? `**${LOOM}**` : contender,
          ...results.flatMap((result) => [
            cell(result, contender, key),
            ratio(result, contender, key),
          ]),
        ])
      )
    ),
  ];
}

function contendersWith(key: string, results: readonly Result[]): string[] {
  const names = results.flatMap(({ contenders }) => Object.keys(contenders));
  return [...new Set(names)].filter((name) =>
    results.some((result) => measured(result, name, key) !== undefined)
  );
}

function cell(result: Result, contender: string, key: string): string {
  const found = measured(result, contender, key);
  if (found === undefined) return "–";
  const [min, median, max] = [found.min, found.median, found.max].map(
    formatNumber,
  );
  return `${median} (${min} to ${max})`;
}

function ratio(result: Result, contender: string, key: string): string {
  const times = measured(result, contender, key)?.timesLoom;
  return contender === LOOM || times === undefined ? "" : formatRatio(times);
}

function failureList(results: readonly Result[]): string[] {
  const lines = results.flatMap(({ environment, figures, failures }) =>
    failures.map(({ contender, figure, reason }) => {
      const what = figure === undefined
        ? contender
        : `${contender}, ${figures[figure]?.label ?? figure}`;
      return `- ${what}, ${environment.runtime}: ${reason}`;
    })
  );
  return lines.length === 0 ? [] : ["Failed:\n", ...lines, ""];
}
