/**
 * Draws `loom top` as lines of text.
 *
 * @module
 */

import { formatCount, formatMs, formatUptime } from "./format.ts";
import type { TaskView, ThreadView, Times, TopView } from "./view.ts";
import { fit, fitLeft } from "./width.ts";

/** Orders of the threads. */
export const THREAD_ORDERS = ["number", "load", "runs", "cpu"] as const;
/** Orders of the functions. */
export const TASK_ORDERS = ["time", "runs", "mean", "max", "failed"] as const;

/** How to draw. */
export interface Screen {
  readonly columns: number;
  /** Number of lines; undefined for as many as it takes. */
  readonly rows?: number;
  readonly color: boolean;
  readonly threadOrder: typeof THREAD_ORDERS[number];
  readonly taskOrder: typeof TASK_ORDERS[number];
  /** How many of the threads are above the first one that is shown. */
  readonly scroll: number;
  readonly isPaused: boolean;
}

/** Lines of a table besides its rows. */
const HEAD = 1;

/** Draws the view: one string for each line, none wider than the screen. */
export function renderTop(view: TopView, screen: Screen): string[] {
  const { columns, rows = Infinity } = screen;
  const paint = painter(screen.color);
  const head = drawHead(view).map((line) => fitLeft(line, columns));
  head[0] = paint("bold", head[0]);
  const threads = sortThreads(view.threads, screen.threadOrder);
  const tasks = sortTasks(view.tasks, screen.taskOrder);
  // An empty line above each table, and the line of the keys.
  const room = Math.max(0, rows - head.length - 2 * (HEAD + 1) - 1);
  const [threadRows, taskRows] = divide(room, threads.length, tasks.length);
  const first = Math.min(
    screen.scroll,
    Math.max(0, threads.length - threadRows),
  );
  const lines = [
    ...head,
    "",
    paint("inverse", threadHead(columns)),
    ...window(threads, first, threadRows).map((thread) =>
      typeof thread === "string"
        ? fitLeft(thread, columns)
        : drawThread(thread, columns, paint)
    ),
    "",
    paint("inverse", taskHead(columns)),
    ...window(tasks, 0, taskRows).map((task) =>
      fitLeft(
        typeof task === "string" ? task : drawTask(task, columns),
        columns,
      )
    ),
  ];
  if (rows === Infinity) return lines;
  while (lines.length < rows - 1) lines.push("");
  return [...lines.slice(0, rows - 1), drawKeys(screen, columns)];
}

type Paint = (style: keyof typeof STYLES, text: string) => string;

const STYLES = {
  bold: "1",
  inverse: "7",
  low: "32",
  middle: "33",
  high: "31",
} as const;

function painter(color: boolean): Paint {
  return (style, text) => color ? `\x1b[${STYLES[style]}m${text}\x1b[0m` : text;
}

function drawHead(view: TopView): string[] {
  const { pid, program, runtime, name, uptimeMs, threads } = view;
  const asleep = threads.filter(({ state }) => state === "asleep").length;
  const lost = threads.reduce((sum, thread) => sum + thread.lost, 0);
  const count = (n: number) => formatCount(n).trim();
  return [
    `loom top: ${name}, ${program} (${pid}), ${runtime}, up ${
      formatUptime(uptimeMs)
    }`,
    `Threads ${threads.length}, ${asleep} asleep, ${lost} lost   Runs ${
      count(view.runsPerSecond)
    }/s`,
    `Calls   ${count(view.queued)} queued, ${count(view.running)} running, ${
      count(view.inFlight)
    } in flight`,
    `Latency ${drawTimes(view.latency)}`,
    `Queued  ${drawTimes(view.queueTime)}`,
    `Loop    ${drawTimes(view.eventLoopDelay)} late`,
  ];
}

function drawTimes({ count, p50, p99, max }: Times): string {
  if (count === 0) return "-";
  return `p50 ${formatMs(p50)}  p99 ${formatMs(p99)}  max ${formatMs(max)}`;
}

/** How many rows each table gets: as many as it has, or half of what there is. */
function divide(
  room: number,
  threads: number,
  tasks: number,
): [threads: number, tasks: number] {
  if (threads + tasks <= room) return [threads, tasks];
  const half = Math.floor(room / 2);
  if (tasks <= half) return [room - tasks, tasks];
  if (threads <= half) return [threads, room - threads];
  return [room - half, half];
}

/** So many of the rows from one on; a text stands for those that have no room. */
function window<T>(
  rows: readonly T[],
  first: number,
  room: number,
): (T | string)[] {
  const shown = rows.slice(first, first + room);
  const below = rows.length - first - shown.length;
  if (below > 0 && shown.length > 0) {
    return [...shown.slice(0, -1), `  … ${below + 1} more`];
  }
  return shown;
}

const BAR_CHARACTERS = 10;

/** Width of what a row of the threads has behind the name. */
const THREAD_CELLS = 4 + 1 + 9 + 1 + BAR_CHARACTERS + 2 + 5 + 1 + 8 + 1 + 8;

function nameColumns(columns: number, cells: number): number {
  return Math.max(8, columns - cells - 1);
}

function threadHead(columns: number): string {
  const name = fit("THREAD", nameColumns(columns, THREAD_CELLS));
  const cells = `${"CPU".padStart(4)} ${"STATE".padEnd(9)} ${
    "LOAD".padEnd(BAR_CHARACTERS + 7)
  } ${"RUNS/S".padStart(8)} ${"PARKS/S".padStart(8)}`;
  return fit(fitLeft(`${name} ${cells}`, columns), columns);
}

function drawThread(thread: ThreadView, columns: number, paint: Paint): string {
  const { name, cpu, state, running, load, lost } = thread;
  const title = lost === 0 ? name : `${name} (${lost} lost)`;
  // A call that awaits something runs while its worker sleeps.
  const what = state === "asleep" && running > 0 ? "awaits" : state;
  const filled = Math.round((load ?? 0) * BAR_CHARACTERS);
  const bar = `[${"|".repeat(filled)}${" ".repeat(BAR_CHARACTERS - filled)}]`;
  const level = (load ?? 0) < 0.5
    ? "low"
    : (load ?? 0) < 0.9
    ? "middle"
    : "high";
  const percent = load === null
    ? "    -"
    : `${Math.round(load * 100)}%`.padStart(5);
  const left = `${fit(title, nameColumns(columns, THREAD_CELLS))} ${
    String(cpu ?? "-").padStart(4)
  } ${what.padEnd(9)} `;
  const right = `${percent} ${formatCount(thread.runsPerSecond)} ${
    formatCount(thread.parksPerSecond)
  }`;
  const plain = fitLeft(`${left}${bar}${right}`, columns);
  // Colours have no width, so they come when the line is cut.
  return plain.includes(bar)
    ? plain.replace(bar, () => paint(level, bar))
    : plain;
}

/** Width of what a row of the functions has behind the name. */
const TASK_CELLS = 8 + 1 + 6 + 1 + 8 + 1 + 8 + 1 + 8;

function taskHead(columns: number): string {
  const name = fit("FUNCTION", nameColumns(columns, TASK_CELLS));
  const cells = `${"RUNS/S".padStart(8)} ${"CPUS".padStart(6)} ${
    "MEAN".padStart(8)
  } ${"MAX".padStart(8)} ${"FAILED".padStart(8)}`;
  return fit(fitLeft(`${name} ${cells}`, columns), columns);
}

function drawTask(task: TaskView, columns: number): string {
  const { name, runsPerSecond, msPerSecond, meanMs, maxMs, failed } = task;
  return `${fit(name, nameColumns(columns, TASK_CELLS))} ${
    formatCount(runsPerSecond)
  } ${(msPerSecond / 1000).toFixed(2).padStart(6)} ${
    formatMs(meanMs).padStart(8)
  } ${formatMs(maxMs).padStart(8)} ${formatCount(failed)}`;
}

function drawKeys(
  { threadOrder, taskOrder, isPaused }: Screen,
  columns: number,
): string {
  const pause = isPaused ? "p goes on" : "p pauses";
  return fitLeft(
    `s threads by ${threadOrder}  t functions by ${taskOrder}  ↑↓ scroll  ${pause}  q quits`,
    columns,
  );
}

function sortThreads(
  threads: readonly ThreadView[],
  order: Screen["threadOrder"],
): readonly ThreadView[] {
  if (order === "number") return threads;
  const key: (thread: ThreadView) => number = {
    load: ({ load }: ThreadView) => -(load ?? 0),
    runs: ({ runsPerSecond }: ThreadView) => -runsPerSecond,
    cpu: ({ cpu }: ThreadView) => cpu ?? Infinity,
  }[order];
  return [...threads].sort((a, b) => key(a) - key(b) || 0);
}

function sortTasks(
  tasks: readonly TaskView[],
  order: Screen["taskOrder"],
): readonly TaskView[] {
  const key: (task: TaskView) => number = {
    time: ({ msPerSecond }: TaskView) => msPerSecond,
    runs: ({ runsPerSecond }: TaskView) => runsPerSecond,
    mean: ({ meanMs }: TaskView) => meanMs,
    max: ({ maxMs }: TaskView) => maxMs,
    failed: ({ failed }: TaskView) => failed,
  }[order];
  return [...tasks].sort((a, b) => key(b) - key(a));
}
