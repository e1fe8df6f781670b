// @ts-check
/// <reference lib="dom" />
/**
 * The page: asks the program once a second, and shows what it says.
 *
 * @module
 */

/** @import { Host, TaskView, ThreadView, WorkerEnd } from "./types.ts" */

import { Chart } from "./chart.js";
import {
  chartsOf,
  HOST_COLUMNS,
  taskColumns,
  THREAD_COLUMNS,
} from "./columns.js";
import { byId, make, setText } from "./dom.js";
import { age, count } from "./format.js";
import { History } from "./history.js";
import { MachineMap } from "./machine_map.js";
import { readCalls, readHosts, readMachine, readSnapshot } from "./program.js";
import { Table } from "./table.js";
import { beginTheme } from "./theme.js";
import { TaskColours } from "./timeline.js";
import { TimelineView } from "./timeline_view.js";

const INTERVAL_MS = 1000;
/** The hosts of a cluster answer through the network, so they are asked less often. */
const HOSTS_EVERY = 5;
/** More are counted, but not listed. */
const MOST_EVENTS = 50;

const history = new History();
const colours = new TaskColours();
const timeline = new TimelineView(colours);
const map = new MachineMap(byId("machine"));
const charts = chartsOf(() => Math.max(1, history.threads.length - 1))
  .map((options) => new Chart(options, moveCursor));
/** @type {Table<TaskView>} */
const tasks = new Table(
  byId("tasks"),
  taskColumns(
    colours,
    () => Math.max(0, ...history.tasks.map(({ totalMs }) => totalMs)),
  ),
  { column: 1, descending: true },
);
/** @type {Table<ThreadView>} */
const threads = new Table(byId("threads"), THREAD_COLUMNS, {
  column: 0,
  descending: false,
});
/** @type {Table<Host & { readonly name: string }>} */
const hosts = new Table(byId("hosts"), HOST_COLUMNS, {
  column: 0,
  descending: false,
});
const pause = byId("pause");

let isPaused = false;
let rounds = 0;
/** What the map was drawn for. */
let mapOf = "";
let shownEnds = 0;
/** Whether the program records calls. */
let hasCalls = true;

byId("charts").replaceChildren(...charts.map(({ element }) => element));
beginTheme(() => timeline.draw());
pause.addEventListener("click", () => {
  isPaused = !isPaused;
  pause.setAttribute("aria-pressed", String(isPaused));
  if (isPaused) showConnection("paused", "paused");
});
void run();

/** Asks until the page is closed; not while nobody sees it. */
async function run() {
  for (;;) {
    const begin = performance.now();
    if (!document.hidden && !isPaused) {
      try {
        await round();
        if (!isPaused) showConnection("live", "live");
      } catch {
        showConnection("lost", "no answer");
      }
    }
    const restMs = INTERVAL_MS - (performance.now() - begin);
    await new Promise((next) => setTimeout(next, Math.max(100, restMs)));
  }
}

async function round() {
  const asksForCalls = hasCalls && timeline.isVisible;
  const [snapshot, calls] = await Promise.all([
    readSnapshot(),
    asksForCalls ? readCalls(timeline.nowMs) : undefined,
  ]);
  const isOther = history.last?.pid !== snapshot.pid;
  history.add(snapshot);
  if (isOther) {
    shownEnds = 0;
    byId("events").replaceChildren();
    hasCalls = true;
  }
  await drawMap();
  draw();
  if (asksForCalls) hasCalls = isOther || calls !== undefined;
  byId("timeline-panel").hidden = !hasCalls;
  if (calls !== undefined) timeline.add(calls);
  byId("hosts-panel").hidden = snapshot.hasHosts !== true;
  // Others than those who take part in a cluster would answer that they have none.
  if (snapshot.hasHosts && rounds++ % HOSTS_EVERY === 0) {
    const found = await readHosts() ?? [];
    hosts.draw(found.map((host) => ({ ...host, name: host.id })));
  }
}

function draw() {
  const { last, points } = history;
  if (last === undefined) return;
  const { program, pid, runtime, startedMs } = last;
  const name = program.split(/[\\/]/).at(-1) || `process ${pid}`;
  setText(byId("program"), name);
  byId("program").title = program;
  document.title = `${name} – loom`;
  setText(
    byId("facts"),
    `${last.name} · pid ${pid} · ${runtime} · up ${
      age(Date.now() - startedMs)
    }`,
  );
  for (const chart of charts) chart.draw(points);
  tasks.draw(history.tasks);
  byId("no-tasks").hidden = history.tasks.length > 0;
  threads.draw(history.threads);
  timeline.setThreads(history.threads);
  map.draw(history.threads);
  setText(byId("threads-sum"), sumOfThreads());
  showEnds();
}

function sumOfThreads() {
  const all = history.threads;
  /** @param {"lost" | "recycled"} key */
  const sum = (key) => all.reduce((total, one) => total + one[key], 0);
  const workers = all.filter(({ isMain }) => !isMain);
  const busy = workers.filter(({ load }) => load >= 0.5).length;
  return [
    `${workers.length} workers, ${busy} at half load or above`,
    sum("lost") === 0 ? "" : `${count(sum("lost"))} lost`,
    sum("recycled") === 0 ? "" : `${count(sum("recycled"))} recycled`,
  ].filter((it) => it !== "").join(", ");
}

/** Draws the map if the threads are others than before. */
async function drawMap() {
  const { last, threads } = history;
  const key = JSON.stringify([
    last?.pid,
    threads.map(({ name, cpu }) => [name, cpu]),
  ]);
  if (key === mapOf) return;
  const isPinned = threads.some(({ cpu }) => cpu !== null);
  map.begin(isPinned ? await readMachine() : undefined, threads);
  mapOf = key;
  byId("overview").classList.toggle("stacked", map.isWide);
  setText(
    byId("machine-note"),
    map.hasPicture ? "" : "The threads are not pinned to CPUs.",
  );
}

/** Lists the ends of workers that are not listed yet, the newest first. */
function showEnds() {
  const { ends, last } = history;
  const list = byId("events");
  for (const end of ends.slice(shownEnds)) {
    const agoMs = (last?.metrics.timeMs ?? 0) - end.timeMs;
    list.prepend(itemOf(end, new Date(Date.now() - agoMs)));
  }
  shownEnds = ends.length;
  while (list.children.length > MOST_EVENTS) list.lastElementChild?.remove();
  byId("no-events").hidden = ends.length > 0;
}

/**
 * @param {WorkerEnd} end
 * @param {Date} when
 */
function itemOf({ thread, kind, total }, when) {
  const how = kind === "lost" ? "lost and replaced" : "replaced as planned";
  return make("li", { class: kind }, [
    make("time", { datetime: when.toISOString() }, [
      when.toLocaleTimeString("en-GB"),
    ]),
    make("span", {}, [
      make("b", {}, [thread]),
      ` ${how}${total > 1 ? `, ${count(total)} so far` : ""}`,
    ]),
  ]);
}

/** @param {number | undefined} timeMs */
function moveCursor(timeMs) {
  for (const chart of charts) chart.setCursor(timeMs);
}

/**
 * @param {"live" | "paused" | "lost"} state
 * @param {string} text
 */
function showConnection(state, text) {
  const element = byId("connection");
  element.dataset.state = state;
  document.documentElement.dataset.connection = state;
  setText(element, text);
}
