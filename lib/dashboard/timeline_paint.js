// @ts-check
/// <reference lib="dom" />
/**
 * Paints the timeline. On a canvas: it has too many bars for elements.
 *
 * @module
 */

/** @import { Slice, ThreadView } from "./types.ts" */
/** @import { CallLog, TaskColours, View } from "./timeline.js" */

import { duration } from "./format.js";
import { timeTicks } from "./lines.js";
import { bars, COLOURS } from "./timeline.js";

const AXIS_PX = 22;
const MOST_ROWS_PX = 520;

/**
 * What is painted.
 *
 * @typedef {object} Scene
 * @property {CallLog} log
 * @property {View} view
 * @property {readonly ThreadView[]} threads One row for each.
 * @property {number} chosenRow -1 for none.
 * @property {Slice | undefined} chosenCall
 * @property {TaskColours} colours
 */

/**
 * @typedef {object} Sizes
 * @property {number} width
 * @property {number} height
 * @property {number} row The height of a row.
 * @property {number} left Where the rows begin, behind the names.
 */

/**
 * The sizes in pixels: rows are lower when there are many.
 *
 * @param {HTMLElement} canvas
 * @param {number} threadCount
 * @returns {Sizes}
 */
export function sizesOf(canvas, threadCount) {
  const width = Math.max(1, canvas.parentElement?.clientWidth ?? 1);
  const rows = Math.max(1, threadCount);
  const row = Math.max(7, Math.min(20, Math.floor(MOST_ROWS_PX / rows)));
  return { width, height: rows * row + AXIS_PX, row, left: 52 };
}

/**
 * Paints a scene.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @returns {void}
 */
export function paint(canvas, scene) {
  const sizes = sizesOf(canvas, scene.threads.length);
  const ratio = devicePixelRatio;
  canvas.width = Math.round(sizes.width * ratio);
  canvas.height = Math.round(sizes.height * ratio);
  canvas.style.height = `${sizes.height}px`;
  const context = canvas.getContext("2d");
  if (context === null) return;
  context.scale(ratio, ratio);
  context.textBaseline = "middle";
  new Painter(context, scene, sizes, readColours(canvas)).paint();
}

/** Paints one scene on one context. */
class Painter {
  #context;
  #scene;
  #sizes;
  #colours;

  /**
   * @param {CanvasRenderingContext2D} context
   * @param {Scene} scene
   * @param {Sizes} sizes
   * @param {Colours} colours
   */
  constructor(context, scene, sizes, colours) {
    this.#context = context;
    this.#scene = scene;
    this.#sizes = sizes;
    this.#colours = colours;
  }

  paint() {
    const { threads } = this.#scene;
    const { width, row, left } = this.#sizes;
    for (let index = 0; index < threads.length; index += 2) {
      this.#context.fillStyle = this.#colours.stripe;
      this.#context.fillRect(left, index * row, width - left, row);
    }
    this.#gaps();
    this.#axis();
    threads.forEach((thread, index) => {
      this.#label(thread, index);
      this.#calls(thread, index * row);
    });
    this.#chosen();
  }

  /** Shades the times of which nothing is known, so that they do not look idle. */
  #gaps() {
    const { log: { gaps }, view: { endMs, spanMs } } = this.#scene;
    const { width, height, left } = this.#sizes;
    const pxPerMs = (width - left) / spanMs;
    const context = this.#context;
    context.fillStyle = this.#colours.gap;
    for (const gap of gaps) {
      const x = Math.max(0, (gap.startMs - endMs + spanMs) * pxPerMs);
      const end = (Math.min(gap.endMs, endMs) - endMs + spanMs) * pxPerMs;
      if (end > x) context.fillRect(left + x, 0, end - x, height - AXIS_PX);
    }
  }

  #axis() {
    const { width, height, left } = this.#sizes;
    const { log: { nowMs }, view: { endMs, spanMs } } = this.#scene;
    const { quiet, line } = this.#colours;
    const context = this.#context;
    // They count back from now, so that they stand still while it is live.
    const ticks = timeTicks(
      endMs - spanMs - nowMs,
      endMs - nowMs,
      Math.max(2, Math.floor((width - left) / 110)),
    );
    context.font = this.#font();
    for (const ms of ticks.times) {
      const x = left + (ms + nowMs - endMs + spanMs) / spanMs * (width - left);
      context.fillStyle = line;
      context.fillRect(
        Math.min(width - 1, Math.round(x)),
        0,
        1,
        height - AXIS_PX + 5,
      );
      context.fillStyle = quiet;
      context.textAlign = x > width - 30 ? "right" : "center";
      const text = ms === 0 ? "now" : `−${duration(-ms)}`;
      context.fillText(text, Math.min(width, x), height - AXIS_PX / 2 + 3);
    }
  }

  /**
   * @param {ThreadView} thread
   * @param {number} index
   */
  #label({ short, wasJustLost }, index) {
    const { row, left } = this.#sizes;
    // Not every low row has space for its name.
    const step = Math.ceil(12 / row);
    const isChosen = index === this.#scene.chosenRow;
    const isShown = isChosen || wasJustLost;
    if (!isShown && (index % step !== 0 || this.#isBesideShown(index, step))) {
      return;
    }
    const { bad, ink, quiet } = this.#colours;
    const context = this.#context;
    context.textAlign = "right";
    context.font = this.#font(isChosen || wasJustLost);
    context.fillStyle = wasJustLost ? bad : isChosen ? ink : quiet;
    const text = wasJustLost ? `✕ ${short}` : short;
    context.fillText(text, left - 8, index * row + row / 2 + 0.5);
  }

  /**
   * Whether a row that must have its name is so close that there is no space for another one.
   *
   * @param {number} index
   * @param {number} step
   */
  #isBesideShown(index, step) {
    const { threads, chosenRow } = this.#scene;
    return threads.slice(Math.max(0, index - step + 1), index + step)
      .some((thread) => thread.wasJustLost || thread === threads[chosenRow]);
  }

  /**
   * @param {ThreadView} thread
   * @param {number} y
   */
  #calls({ name }, y) {
    const { log, view, colours } = this.#scene;
    const { width, row, left } = this.#sizes;
    const { bad, tasks } = this.#colours;
    const context = this.#context;
    const gap = row > 10 ? 2 : 1;
    for (const bar of bars(log.of(name), view, width - left)) {
      context.globalAlpha = Math.max(0.25, bar.part);
      context.fillStyle = bar.failed ? bad : tasks[colours.of(bar.task)];
      // A line between calls that follow each other at once.
      const shown = bar.width > 4 ? bar.width - 1 : bar.width;
      context.fillRect(left + bar.x, y + gap, shown, row - 2 * gap);
      context.globalAlpha = 1;
      if (row >= 16 && bar.width > 48) {
        this.#name(bar.task, left + bar.x, y + row / 2 + 0.5, bar.width);
      }
    }
  }

  /**
   * @param {string} task
   * @param {number} x
   * @param {number} y
   * @param {number} width
   */
  #name(task, x, y, width) {
    const context = this.#context;
    context.save();
    context.beginPath();
    context.rect(x, y - 12, width - 6, 24);
    context.clip();
    context.textAlign = "left";
    context.font = this.#font();
    context.fillStyle = this.#colours.onTask;
    context.fillText(task, x + 5, y);
    context.restore();
  }

  #chosen() {
    const { chosenCall: call, threads, view: { endMs, spanMs } } = this.#scene;
    if (call === undefined) return;
    const index = threads.findIndex(({ name }) => name === call.thread);
    if (index < 0) return;
    const { width, row, left } = this.#sizes;
    const pxPerMs = (width - left) / spanMs;
    const x = (call.startMs - endMs + spanMs) * pxPerMs;
    const begin = Math.max(0, x);
    const end = Math.min(width - left, x + Math.max(3, call.ms * pxPerMs));
    if (end < begin) return;
    const context = this.#context;
    context.strokeStyle = this.#colours.ink;
    context.lineWidth = 1.5;
    context.strokeRect(left + begin, index * row + 0.5, end - begin, row - 1);
  }

  #font(isBold = false) {
    return `${isBold ? "bold " : ""}11px ${this.#colours.font}`;
  }
}

/**
 * @typedef {object} Colours
 * @property {string} ink
 * @property {string} quiet
 * @property {string} line
 * @property {string} stripe
 * @property {string} gap
 * @property {string} bad
 * @property {string} onTask
 * @property {readonly string[]} tasks
 * @property {string} font
 */

/**
 * The colours of the style sheet, which has others for a dark page.
 *
 * @param {HTMLElement} element
 * @returns {Colours}
 */
function readColours(element) {
  const style = getComputedStyle(element);
  /** @param {string} name */
  const read = (name) => {
    element.style.color = `var(--${name})`;
    return style.color;
  };
  const colours = {
    ink: read("ink"),
    quiet: read("quiet"),
    line: read("line"),
    stripe: read("stripe"),
    gap: read("gap"),
    bad: read("bad"),
    onTask: read("on-task"),
    tasks: Array.from({ length: COLOURS }, (_, n) => read(`task-${n}`)),
    font: style.fontFamily,
  };
  element.style.color = "";
  return colours;
}
