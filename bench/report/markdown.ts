/**
 * The results as tables.
 *
 * @module
 */

import type { RuntimeName } from "../harness/environment.ts";
import type { Result } from "../harness/result.ts";
import { LOOM, measured, roundCount, timesLoom } from "./medians.ts";
import { figureTitle, formatNumber, formatRatio } from "./units.ts";

const RUNTIMES: readonly RuntimeName[] = ["Deno", "Bun"];

const HEAD = `<!-- deno-fmt-ignore-file -->

# What the benchmarks came to

\`deno task bench:report\` or \`bun run bench:report\` made this page and the plots
from the JSON files beside it. Each cell is the median of the rounds, and
(minimum to maximum); "12x" is 12 times loom's median of the same run.
[bench/README.md](../README.md) tells what was measured and how to read it.
`;

/** The whole report; `plotOf` gives the path of a result's plot, where it has one. */
export function reportMarkdown(
  results: readonly Result[],
  plotOf: (result: Result) => string | undefined,
): string {
  const benchmarks = Map.groupBy(results, ({ benchmark }) => benchmark);
  return [
    HEAD,
    ...[...benchmarks.values()].map((answers) =>
      section(inOrder(answers), plotOf)
    ),
  ].join("\n");
}

function inOrder(answers: readonly Result[]): Result[] {
  return answers.toSorted((a, b) =>
    RUNTIMES.indexOf(a.environment.runtime) -
    RUNTIMES.indexOf(b.environment.runtime)
  );
}

function section(
  answers: readonly Result[],
  plotOf: (result: Result) => string | undefined,
): string {
  const plots = answers.flatMap((answer) => {
    const path = plotOf(answer);
    const alt = `${answer.title} Plot for ${answer.environment.runtime}`;
    return path === undefined ? [] : [`![${alt}](${path})\n`];
  });
  return [
    `## ${answers[0].title}\n`,
    `${answers.map(origin).join("\n")}\n`,
    ...plots,
    ...table(answers),
    "",
    ...absences(answers),
  ].join("\n");
}

/** Without these a figure says nothing. */
function origin({ environment, command, ...result }: Result): string {
  const { runtime, version, cpu, cpuCount, cpus, kernel, load, date } =
    environment;
  const rounds = roundCount({ environment, command, ...result });
  return `- ${runtime} ${version}: \`${command}\`; ${rounds} ${
    rounds === 1 ? "round" : "rounds"
  } on ${cpuCount} CPUs (${cpus}) of ${cpu}, Linux ${kernel}, load ${
    load.join(" ")
  }, ${date.slice(0, 10)}`;
}

function table(answers: readonly Result[]): string[] {
  const names = answers.map(({ environment }) => environment.runtime);
  const cells = (texts: readonly string[]) => `| ${texts.join(" | ")} |`;
  const figures = Object.assign({}, ...answers.map(({ figures }) => figures));
  return [
    cells(["", "", ...names.flatMap((name) => [name, "to loom"])]),
    cells(["---", "---", ...names.flatMap(() => ["---:", "---:"])]),
    ...Object.keys(figures).flatMap((key) =>
      contendersWith(key, answers).map((contender, i) =>
        cells([
          i === 0 ? figureTitle(figures[key]) : "",
          contender === LOOM ? `**${LOOM}**` : contender,
          ...answers.flatMap((answer) => [
            cell(answer, contender, key),
            ratio(answer, contender, key),
          ]),
        ])
      )
    ),
  ];
}

function contendersWith(key: string, answers: readonly Result[]): string[] {
  const names = answers.flatMap(({ outcomes }) => Object.keys(outcomes));
  return [...new Set(names)].filter((name) =>
    answers.some((answer) => measured(answer, name, key) !== undefined)
  );
}

function cell(answer: Result, contender: string, key: string): string {
  const found = measured(answer, contender, key);
  if (found === undefined) return "–";
  const [min, median, max] = [found.min, found.median, found.max].map(
    formatNumber,
  );
  return `${median} (${min} to ${max})`;
}

function ratio(answer: Result, contender: string, key: string): string {
  const times = timesLoom(answer, contender, key);
  return contender === LOOM || times === undefined ? "" : formatRatio(times);
}

function absences(answers: readonly Result[]): string[] {
  const lines = answers.flatMap(({ environment, outcomes }) =>
    Object.entries(outcomes).flatMap(([name, outcome]) =>
      "absent" in outcome
        ? [`- ${name}, ${environment.runtime}: ${outcome.absent}`]
        : []
    )
  );
  return lines.length === 0 ? [] : ["Not measured:\n", ...lines, ""];
}
