// @ts-check
/**
 * What the charts and the tables of the page show.
 *
 * @module
 */

/** @import { Host, Point, TaskView, ThreadView } from "./types.ts" */
/** @import { ChartOptions } from "./chart.js" */
/** @import { Column } from "./table.js" */
/** @import { TaskColours } from "./timeline.js" */

import { bytes, count, duration, percent } from "./format.js";
import { roundUp, roundUpBytes } from "./lines.js";

/**
 * @param {() => number} workers How many workers there are.
 * @returns {readonly ChartOptions[]}
 */
export function chartsOf(workers) {
  /** @type {(name: string, value: (point: Point) => number) => ChartOptions["lines"][number]} */
  const line = (name, value) => ({ name, value });
  const counts = { format: count, roundUp };
  const times = { format: duration, roundUp, unit: "" };
  return [
    {
      title: "Calls",
      unit: "per second",
      lines: [
        line("settled", (point) => point.callsPerSecond),
        line("failed", (point) => point.failedPerSecond),
      ],
      ...counts,
    },
    {
      title: "Busy workers",
      unit: "",
      lines: [line("busy", (point) => point.busyWorkers)],
      format: (value) => `${count(value)} of ${count(workers())}`,
      formatScale: count,
      roundUp: workers,
    },
    {
      title: "Queue",
      unit: "calls wait",
      lines: [
        line("wait", (point) => point.queued),
        line("run", (point) => point.running),
      ],
      ...counts,
    },
    {
      title: "Latency",
      lines: [
        line("p50", (point) => point.latencyP50),
        line("p99", (point) => point.latencyP99),
      ],
      ...times,
      unit: "p50",
    },
    {
      title: "Event-loop delay",
      lines: [
        line("p50", (point) => point.loopDelayP50),
        line("p99", (point) => point.loopDelayP99),
      ],
      ...times,
      unit: "p50",
    },
    {
      title: "Memory",
      unit: "process",
      lines: [
        line("process", (point) => point.rssBytes),
        line("payloads", (point) => point.arenaUsedBytes),
      ],
      format: bytes,
      roundUp: roundUpBytes,
    },
  ];
}

/**
 * @param {TaskColours} colours
 * @param {() => number} most The largest total of all tasks.
 * @returns {readonly Column<TaskView>[]}
 */
export function taskColumns(colours, most) {
  return [
    {
      title: "Task",
      isText: true,
      text: ({ name }) => name,
      swatch: ({ name }) => colours.of(name),
    },
    {
      title: "Total",
      help: "Time of all its runs",
      text: ({ totalMs }) => duration(totalMs),
      order: ({ totalMs }) => totalMs,
      part: ({ totalMs }) => most() === 0 ? 0 : totalMs / most(),
    },
    {
      title: "Threads",
      help: "How many threads it keeps busy now",
      text: ({ busyThreads }) => busyThreads.toFixed(2),
      order: ({ busyThreads }) => busyThreads,
      style: ({ busyThreads }) => busyThreads === 0 ? "zero" : "",
    },
    number("Runs/s", "Now", ({ runsPerSecond }) => runsPerSecond),
    number("Runs", "Since the start", ({ runs }) => runs),
    number("Failed", "Runs that threw", ({ failed }) => failed),
    {
      title: "Mean",
      text: ({ meanMs }) => duration(meanMs),
      order: ({ meanMs }) => meanMs,
    },
    {
      title: "Max",
      text: ({ maxMs }) => duration(maxMs),
      order: ({ maxMs }) => maxMs,
    },
  ];
}

/** @type {readonly Column<ThreadView>[]} */
export const THREAD_COLUMNS = [
  {
    title: "Thread",
    isText: true,
    text: ({ name }) => name,
    style: ({ wasJustLost }) => wasJustLost ? "bad" : "",
  },
  {
    title: "CPU",
    text: ({ cpu }) => cpu === null ? "–" : String(cpu),
    order: ({ cpu }) => cpu ?? -1,
  },
  {
    title: "State",
    isText: true,
    text: ({ state, wasJustLost }) => wasJustLost ? "lost, replaced" : state,
    style: ({ state, wasJustLost }) =>
      wasJustLost ? "bad" : state === "busy" ? "" : "zero",
  },
  {
    title: "Load",
    help: "The part of the last second in which it ran calls",
    text: ({ load }) => percent(load),
    order: ({ load }) => load,
    part: ({ load }) => load,
  },
  number("Running", "Calls begun and not ended", ({ running }) => running),
  number("Runs/s", "Now", ({ runsPerSecond }) => runsPerSecond),
  number("Runs", "Since the start", ({ runs }) => runs),
  number("Failed", "Runs that threw", ({ failed }) => failed),
  number(
    "Parks/s",
    "How often it parks",
    ({ parksPerSecond }) => parksPerSecond,
  ),
  {
    ...number("Lost", "Workers lost and replaced", lostOf),
    style: (thread) => lostOf(thread) === 0 ? "zero" : "bad",
  },
  number("Recycled", "Workers replaced as planned", ({ recycled }) => recycled),
  {
    title: "Id",
    help: "The id of the thread in the kernel",
    text: ({ threadId }) => threadId === 0 ? "–" : String(threadId),
    order: ({ threadId }) => threadId,
    style: () => "zero",
  },
];

/** @type {readonly Column<Host & { readonly name: string }>[]} */
export const HOST_COLUMNS = [
  { title: "Host", isText: true, text: ({ host }) => host },
  { title: "Group", isText: true, text: ({ group }) => group },
  { title: "Version", isText: true, text: ({ version }) => version },
  {
    title: "State",
    isText: true,
    text: ({ draining }) => draining ? "leaves" : "serves",
  },
  number("Workers", "Compute threads", ({ computeThreads }) => computeThreads),
  number("Calls", "Calls that run or wait", ({ inFlight }) => inFlight),
  number(
    "Load",
    "Load average of its machine over a minute",
    ({ loadAverage }) => loadAverage,
  ),
];

/**
 * A column of counts. What is 0 is pale.
 *
 * @template Row
 * @param {string} title
 * @param {string} help
 * @param {(row: Row) => number} of
 * @returns {Column<Row>}
 */
function number(title, help, of) {
  return {
    title,
    help,
    text: (row) => count(of(row)),
    order: of,
    style: (row) => of(row) === 0 ? "zero" : "",
  };
}

/** @param {ThreadView} thread */
function lostOf({ lost }) {
  return lost;
}
