/**
 * Draws a machine for the terminal: a line for each box, with cores side by side.
 *
 * @module
 */

import { type CoreBox, type GpuBox, outline, type PuBox } from "./outline.ts";
import type { PlannedThread, Survey } from "./survey.ts";

const LINE_CHARACTERS = 80;

/** Draws the machine, a legend and the notes. */
export function drawText(survey: Survey): string {
  const { title, packages, gpus, emptyNodes, memory } = outline(survey);
  const width = cellWidth(survey);
  const lines = [title];
  for (const box of packages) {
    lines.push(box.title, ...indent(1, titles(box.gpus)));
    for (const node of box.nodes) {
      lines.push(...indent(1, [node.title]), ...indent(2, titles(node.gpus)));
      for (const l3 of node.l3Groups) {
        const depth = l3.title === "" ? 2 : 3;
        if (l3.title !== "") lines.push(...indent(2, [l3.title]));
        const cells = l3.cores.map((core) => drawCore(core, width));
        lines.push(...indent(depth, wrap(cells, LINE_CHARACTERS - depth * 2)));
      }
    }
  }
  const notes = survey.notes.map((note) => `note: ${note}`);
  return [
    ...lines,
    ...emptyNodes,
    ...titles(gpus),
    "",
    ...legend(survey),
    ...memory === undefined ? [] : [memory],
    ...notes.flatMap((note) => wrap(note.split(" "), LINE_CHARACTERS)),
  ].join("\n");
}

function titles(gpus: readonly GpuBox[]): string[] {
  return gpus.map(({ title }) => title);
}

function drawCore({ isEfficiency, pus }: CoreBox, width: number): string {
  const [open, close] = isEfficiency ? ["{", "}"] : ["[", "]"];
  return open + pus.map((pu) => drawPu(pu, width)).join("|") + close;
}

function drawPu(pu: PuBox, width: number): string {
  return `${pu.cpu} ${markOf(pu)}`.padEnd(width);
}

/** `A0`, `C3` or `A0+C0`; `.` for a free CPU, `-` for one that the runtime may not use. */
function markOf({ threads, isUsable }: PuBox): string {
  if (!isUsable) return "-";
  return threads.length === 0 ? "." : shortNames(threads);
}

/** Short names of threads: `A` and `C` with their numbers. */
export function shortNames(threads: readonly PlannedThread[]): string {
  const names = threads.map(({ role, index }) =>
    `${role === "async" ? "A" : "C"}${index}`
  );
  return names.length > 3
    ? `${names.slice(0, 2).join("+")}+${names.length - 2} more`
    : names.join("+");
}

/** The width of the widest cell, so that cores form columns. */
function cellWidth(survey: Survey): number {
  const threads = Map.groupBy(survey.threads, ({ cpu }) => cpu);
  return Math.max(
    ...survey.machine.cpus.map((cpu) => {
      const here = threads.get(cpu);
      const mark = here === undefined ? "." : shortNames(here);
      return `${cpu} ${mark}`.length;
    }),
  );
}

/** Joins words or cells to lines of at most `limit` characters. */
export function wrap(cells: readonly string[], limit: number): string[] {
  const lines: string[] = [];
  for (const cell of cells) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + cell.length <= limit) {
      lines[lines.length - 1] = `${last} ${cell}`;
    } else {
      lines.push(cell);
    }
  }
  return lines;
}

function indent(depth: number, lines: readonly string[]): string[] {
  return lines.map((line) => "  ".repeat(depth) + line);
}

function legend({ threads }: Survey): string[] {
  const first = (role: string) => threads.find((it) => it.role === role)?.name;
  return wrap([
    "[ ] core, { } efficiency core;",
    "on their PUs:",
    `A0 ${first("async")},`,
    `C0 ${first("compute")},`,
    ". free,",
    "- not used",
  ], LINE_CHARACTERS);
}
