// @ts-check
/// <reference lib="dom" />
/**
 * The timeline of calls, and how it is moved: by pointer, wheel, keys and buttons.
 *
 * @module
 */

/** @import { Calls, Slice, ThreadView } from "./types.ts" */
/** @import { TaskColours, View } from "./timeline.js" */

import { byId, setText } from "./dom.js";
import { count, duration } from "./format.js";
import {
  callAt,
  CallLog,
  FIRST_SPAN_MS,
  follow,
  KEPT_MS,
  neighbour,
  pan,
  visible,
  zoom,
} from "./timeline.js";
import { paint, sizesOf } from "./timeline_paint.js";

/** The calls of each thread over time. */
export class TimelineView {
  #log = new CallLog();
  /** @type {View} */
  #view = { endMs: 0, spanMs: FIRST_SPAN_MS, isLive: true };
  /** @type {readonly ThreadView[]} */
  #threads = [];
  /** The thread that the keys have chosen. */
  #row = 0;
  /** The call under the pointer or that the keys have chosen. @type {Slice | undefined} */
  #call;
  #isDrawn = false;
  /** Whether it is in view: calls are only recorded for those who look at them. */
  isVisible = false;
  /** @type {TaskColours} */
  #colours;
  /** @type {HTMLCanvasElement} */
  #canvas = byId("timeline-canvas");
  #readout = byId("timeline-readout");
  #said = byId("timeline-said");
  #live = /** @type {HTMLElement} */ (
    document.querySelector('[data-action="live"]')
  );

  /** @param {TaskColours} colours */
  constructor(colours) {
    this.#colours = colours;
    this.#listenToPointer();
    this.#canvas.addEventListener("keydown", (event) => this.#onKey(event));
    byId("timeline-buttons").addEventListener("click", ({ target }) => {
      const action = /** @type {HTMLElement} */ (target).dataset.action;
      if (action !== undefined) this.#act(action);
    });
    new IntersectionObserver(([{ isIntersecting }]) => {
      this.isVisible = isIntersecting;
    }).observe(this.#canvas);
    new ResizeObserver(() => this.draw()).observe(byId("timeline"));
  }

  /** When the newest calls were read, on the clock of the program. */
  get nowMs() {
    return this.#log.nowMs;
  }

  /**
   * Takes more calls.
   *
   * @param {Calls} calls
   * @returns {void}
   */
  add(calls) {
    this.#log.add(calls);
    this.#view = follow(this.#view, calls.nowMs);
    this.draw();
  }

  /**
   * Shows these threads, in this order.
   *
   * @param {readonly ThreadView[]} threads
   * @returns {void}
   */
  setThreads(threads) {
    this.#threads = threads;
    this.#row = Math.min(this.#row, Math.max(0, threads.length - 1));
  }

  /** Draws once before the next frame, however often it is called. */
  draw() {
    if (this.#isDrawn) return;
    this.#isDrawn = true;
    requestAnimationFrame(() => {
      this.#isDrawn = false;
      this.#drawNow();
    });
  }

  get #sizes() {
    return sizesOf(this.#canvas, this.#threads.length);
  }

  #drawNow() {
    paint(this.#canvas, {
      log: this.#log,
      view: this.#view,
      threads: this.#threads,
      chosenRow: document.activeElement === this.#canvas ? this.#row : -1,
      chosenCall: this.#call,
      colours: this.#colours,
    });
    setText(this.#readout, this.#describe());
    this.#live.setAttribute("aria-pressed", String(this.#view.isLive));
    this.#canvas.dataset.spanMs = String(this.#view.spanMs);
    this.#canvas.dataset.endMs = String(this.#view.endMs);
  }

  /** The chosen call, or what is visible. */
  #describe() {
    const call = this.#call;
    if (call !== undefined) {
      const { task, thread, ms, caller, failed, isUnfinished, startMs } = call;
      return [
        task,
        duration(ms) + (failed ? ", failed" : isUnfinished ? ", runs" : ""),
        `on ${thread}`,
        caller === null ? "part of a loop" : `called by ${caller}`,
        `${duration(Math.max(0, this.#log.nowMs - startMs))} ago`,
      ].filter((it) => it !== "").join(" · ");
    }
    const { calls, failed, hasGaps } = visible(this.#log, this.#view);
    const { spanMs, endMs, isLive } = this.#view;
    const end = isLive
      ? "now"
      : `${duration(Math.max(0, this.#log.nowMs - endMs))} ago`;
    return `${count(calls)} calls${
      failed === 0 ? "" : `, ${count(failed)} failed`
    }, ${duration(spanMs)} until ${end}${
      hasGaps ? " · shaded: not recorded" : ""
    }`;
  }

  /** @param {string} action */
  #act(action) {
    const { nowMs } = this.#log;
    const view = this.#view;
    /** @type {Readonly<Record<string, () => View>>} */
    const views = {
      earlier: () => pan(view, -view.spanMs / 5, nowMs),
      later: () => pan(view, view.spanMs / 5, nowMs),
      in: () => zoom(view, 0.5, 0.5, nowMs),
      out: () => zoom(view, 2, 0.5, nowMs),
      all: () => ({ endMs: nowMs, spanMs: KEPT_MS, isLive: true }),
      first: () => pan(view, -KEPT_MS, nowMs),
      live: () => ({ ...view, endMs: nowMs, isLive: !view.isLive }),
      now: () => ({ ...view, endMs: nowMs, isLive: true }),
    };
    this.#call = undefined;
    this.#view = views[action]();
    this.draw();
    setText(this.#said, this.#describe());
  }

  /** @param {KeyboardEvent} event */
  #onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {Readonly<Record<string, string>>} */
    const actions = {
      ArrowLeft: "earlier",
      ArrowRight: "later",
      "+": "in",
      "=": "in",
      "-": "out",
      "0": "all",
      Home: "first",
      End: "now",
    };
    const action = actions[event.key];
    if (action !== undefined) this.#act(action);
    else if (event.key === "ArrowUp") this.#chooseRow(this.#row - 1);
    else if (event.key === "ArrowDown") this.#chooseRow(this.#row + 1);
    else if (event.key === ",") this.#chooseCall(-1);
    else if (event.key === ".") this.#chooseCall(1);
    else if (event.key === "Escape") this.#choose(undefined);
    else return;
    event.preventDefault();
  }

  /** @param {number} row */
  #chooseRow(row) {
    this.#row = Math.min(this.#threads.length - 1, Math.max(0, row));
    this.#call = undefined;
    this.draw();
    setText(this.#said, this.#threads[this.#row]?.name ?? "");
  }

  /** @param {1 | -1} direction */
  #chooseCall(direction) {
    const thread = this.#threads[this.#row];
    const slices = this.#log.of(thread?.name ?? "");
    const current = this.#call?.thread === thread?.name
      ? this.#call
      : undefined;
    const call = neighbour(slices, current, direction, this.#view);
    if (call === undefined) return;
    // It would move away from under the reader.
    this.#view = { ...this.#view, isLive: false };
    const { endMs, spanMs } = this.#view;
    if (call.startMs < endMs - spanMs || call.startMs > endMs) {
      const middleMs = call.startMs + spanMs / 2;
      this.#view = pan(this.#view, middleMs - endMs, this.#log.nowMs);
    }
    this.#choose(call);
    setText(this.#said, this.#describe());
  }

  /** @param {Slice | undefined} call */
  #choose(call) {
    if (this.#call === call) return;
    this.#call = call;
    this.draw();
  }

  #listenToPointer() {
    const canvas = this.#canvas;
    /** @type {{ x: number, view: View } | undefined} */
    let drag;
    canvas.addEventListener("pointerdown", (event) => {
      drag = { x: event.clientX, view: this.#view };
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (drag === undefined) return this.#choose(this.#callUnder(event));
      const { width, left } = this.#sizes;
      const ms = (drag.x - event.clientX) / (width - left) * drag.view.spanMs;
      if (Math.abs(drag.x - event.clientX) < 3) return;
      this.#view = pan(drag.view, ms, this.#log.nowMs);
      this.draw();
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, () => drag = undefined);
    }
    canvas.addEventListener("pointerleave", () => this.#choose(undefined));
    canvas.addEventListener("focus", () => this.draw());
    canvas.addEventListener("blur", () => this.draw());
    canvas.addEventListener("wheel", (event) => this.#onWheel(event), {
      passive: false,
    });
  }

  /**
   * With Ctrl, which is also what touchpads send for a pinch, it zooms; sideways it moves. Else
   * the page scrolls, as it does everywhere.
   *
   * @param {WheelEvent} event
   */
  #onWheel(event) {
    const { width, left } = this.#sizes;
    const { nowMs } = this.#log;
    const plot = width - left;
    if (event.ctrlKey || event.metaKey) {
      const at = (event.offsetX - left) / plot;
      const factor = Math.exp(event.deltaY / 300);
      this.#view = zoom(this.#view, factor, at, nowMs);
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      const ms = event.deltaX / plot * this.#view.spanMs;
      this.#view = pan(this.#view, ms, nowMs);
    } else return;
    event.preventDefault();
    this.draw();
  }

  /** @param {PointerEvent} event */
  #callUnder({ offsetX, offsetY }) {
    const { width, row, left } = this.#sizes;
    const thread = this.#threads[Math.floor(offsetY / row)];
    if (thread === undefined || offsetX < left) return undefined;
    const { endMs, spanMs } = this.#view;
    const msPerPx = spanMs / (width - left);
    const timeMs = endMs - spanMs + (offsetX - left) * msPerPx;
    const slices = this.#log.of(thread.name);
    return callAt(slices, timeMs, 3 * msPerPx);
  }
}
