// @ts-check
/**
 * The timeline of calls: what it keeps, which part of it is visible, and where each call lies.
 *
 * @module
 */

/** @import { Calls, Slice } from "./types.ts" */

/** How far back one can go. */
export const KEPT_MS = 60_000;
/** How much is visible at first. */
export const FIRST_SPAN_MS = 10_000;
/** The smallest visible part. */
const LEAST_SPAN_MS = 0.05;
/** For so long the program records after it was asked. */
const RECORDED_MS = 5_000;

/** The calls of the last minute. */
export class CallLog {
  /** What has ended, by thread, in ascending order of the ends. @type {Map<string, Slice[]>} */
  slices = new Map();
  /** What still ran when the newest answer was given. @type {readonly Slice[]} */
  running = [];
  /** Times of which it is unknown what ran. @type {{ startMs: number, endMs: number }[]} */
  gaps = [];
  /** When the newest answer was given. */
  nowMs = 0;

  /**
   * @param {Calls} calls
   * @returns {void}
   */
  add({ nowMs, slices, isCut }) {
    // The clock of another process.
    if (nowMs < this.nowMs) {
      this.slices.clear();
      this.nowMs = 0;
    }
    const sorted = slices.toSorted((a, b) => endOf(a) - endOf(b));
    const ended = sorted.filter(({ isUnfinished }) => !isUnfinished);
    this.running = sorted.filter(({ isUnfinished }) => isUnfinished);
    this.#addGap(nowMs, ended.length === 0 ? nowMs : endOf(ended[0]), isCut);
    this.nowMs = nowMs;
    for (const slice of ended) {
      const of = this.slices.get(slice.thread);
      if (of === undefined) this.slices.set(slice.thread, [slice]);
      else of.push(slice);
    }
    const keptMs = nowMs - KEPT_MS;
    for (const [thread, all] of this.slices) {
      const from = firstSince(all, keptMs);
      if (from > 0) this.slices.set(thread, all.slice(from));
    }
    this.gaps = this.gaps.filter(({ endMs }) => endMs >= keptMs);
  }

  /**
   * What is known of a thread.
   *
   * @param {string} thread
   * @returns {readonly Slice[]}
   */
  of(thread) {
    const ended = this.slices.get(thread) ?? [];
    const running = this.running.filter((slice) => slice.thread === thread);
    return running.length === 0 ? ended : [...ended, ...running];
  }

  /**
   * @param {number} nowMs
   * @param {number} firstMs When the first call of the answer ended.
   * @param {boolean} isCut
   */
  #addGap(nowMs, firstMs, isCut) {
    const before = this.nowMs;
    if (before === 0) {
      this.gaps = [{ startMs: -Infinity, endMs: firstMs }];
    } else if (isCut) {
      this.gaps.push({ startMs: before, endMs: firstMs });
    } else if (nowMs - before > RECORDED_MS) {
      this.gaps.push({ startMs: before + RECORDED_MS, endMs: nowMs });
    }
  }
}

/**
 * The visible part of the timeline.
 *
 * @typedef {object} View
 * @property {number} endMs Its right end.
 * @property {number} spanMs Its length.
 * @property {boolean} isLive Whether its end follows the time.
 */

/**
 * The view at a later time.
 *
 * @param {View} view
 * @param {number} nowMs
 * @returns {View}
 */
export function follow(view, nowMs) {
  return view.isLive ? { ...view, endMs: nowMs } : clamp(view, nowMs);
}

/**
 * Makes the visible part longer or shorter.
 *
 * @param {View} view
 * @param {number} factor Above 1 to see more.
 * @param {number} at What stays where it is: from 0, the left end, to 1, the right one.
 * @param {number} nowMs
 * @returns {View}
 */
export function zoom(view, factor, at, nowMs) {
  const spanMs = Math.min(
    KEPT_MS,
    Math.max(LEAST_SPAN_MS, view.spanMs * factor),
  );
  // While it is live, the newest calls stay at the right end.
  if (view.isLive) return { ...view, spanMs };
  const fixedMs = view.endMs - view.spanMs * (1 - at);
  return clamp(
    { endMs: fixedMs + spanMs * (1 - at), spanMs, isLive: false },
    nowMs,
  );
}

/**
 * Moves the visible part.
 *
 * @param {View} view
 * @param {number} ms Below 0 to see what was before.
 * @param {number} nowMs
 * @returns {View}
 */
export function pan(view, ms, nowMs) {
  const endMs = view.endMs + ms;
  return clamp(
    { ...view, endMs, isLive: ms >= 0 && endMs >= nowMs },
    nowMs,
  );
}

/**
 * @param {View} view
 * @param {number} nowMs
 * @returns {View}
 */
function clamp(view, nowMs) {
  const leastMs = nowMs - KEPT_MS + view.spanMs;
  return { ...view, endMs: Math.min(nowMs, Math.max(leastMs, view.endMs)) };
}

/**
 * What is drawn for one or more calls of a thread.
 *
 * @typedef {object} Bar
 * @property {number} x Left end in pixels.
 * @property {number} width At least 1.
 * @property {string} task Of several calls, that of the longest one.
 * @property {number} calls How many calls it stands for.
 * @property {number} part The part of it in which calls ran, from 0 to 1.
 * @property {boolean} failed Whether one of them failed.
 */

/**
 * The bars of one thread. Calls that are shorter than a pixel share the bar of their pixel, so
 * that a million calls are no more to draw than the thread has pixels.
 *
 * @param {readonly Slice[]} slices
 * @param {View} view
 * @param {number} widthPx
 * @returns {Bar[]}
 */
export function bars(slices, view, widthPx) {
  const startMs = view.endMs - view.spanMs;
  const pxPerMs = widthPx / view.spanMs;
  /** @type {Bar[]} */
  const found = [];
  /** @type {Bar & { longest: number } | undefined} */
  let shared;
  for (let n = firstSince(slices, startMs); n < slices.length; n++) {
    const slice = slices[n];
    const left = (slice.startMs - startMs) * pxPerMs;
    const right = (endOf(slice) - startMs) * pxPerMs;
    if (left > widthPx) continue;
    if (right - left >= 1) {
      const x = Math.max(0, left);
      const width = Math.max(1, Math.min(widthPx, right) - x);
      const { task, failed } = slice;
      found.push({ x, width, task, calls: 1, part: 1, failed });
      continue;
    }
    const x = Math.floor(Math.max(0, left));
    if (shared === undefined || shared.x !== x) {
      shared = {
        x,
        width: 1,
        task: slice.task,
        calls: 0,
        part: 0,
        failed: false,
        longest: 0,
      };
      found.push(shared);
    }
    shared.calls++;
    shared.part = Math.min(1, shared.part + right - left);
    shared.failed ||= slice.failed;
    if (slice.ms > shared.longest) {
      [shared.longest, shared.task] = [slice.ms, slice.task];
    }
  }
  return found;
}

/**
 * The call at a time, or the one that is nearest to it within a tolerance.
 *
 * @param {readonly Slice[]} slices
 * @param {number} timeMs
 * @param {number} toleranceMs
 * @returns {Slice | undefined}
 */
export function callAt(slices, timeMs, toleranceMs) {
  let best;
  let bestMs = toleranceMs;
  for (const slice of slices) {
    const ms = Math.max(slice.startMs - timeMs, timeMs - endOf(slice), 0);
    if (ms <= bestMs) [best, bestMs] = [slice, ms];
  }
  return best;
}

/**
 * The call before or after another one of its thread; without one, the last visible.
 *
 * @param {readonly Slice[]} slices
 * @param {Slice | undefined} current
 * @param {1 | -1} direction
 * @param {View} view
 * @returns {Slice | undefined}
 */
export function neighbour(slices, current, direction, view) {
  const index = current === undefined ? -1 : slices.indexOf(current);
  if (index >= 0) return slices[index + direction] ?? current;
  return slices.findLast(({ startMs }) => startMs <= view.endMs);
}

/**
 * What the visible part has.
 *
 * @param {CallLog} log
 * @param {View} view
 * @returns {{ calls: number, failed: number, hasGaps: boolean }}
 */
export function visible({ slices, gaps }, view) {
  const startMs = view.endMs - view.spanMs;
  let [calls, failed] = [0, 0];
  for (const all of slices.values()) {
    for (
      let n = firstSince(all, startMs);
      n < all.length;
      n++
    ) {
      if (all[n].startMs > view.endMs) continue;
      calls++;
      if (all[n].failed) failed++;
    }
  }
  const hasGaps = gaps.some((gap) =>
    gap.startMs < view.endMs && gap.endMs > startMs
  );
  return { calls, failed, hasGaps };
}

/**
 * The number of the colour of each task, in the order in which tasks are seen. The same task
 * keeps its colour.
 */
export class TaskColours {
  /** @type {Map<string, number>} */
  #numbers = new Map();

  /**
   * @param {string} task
   * @returns {number} From 0 to {@linkcode COLOURS} - 1.
   */
  of(task) {
    const known = this.#numbers.get(task);
    if (known !== undefined) return known;
    const number = this.#numbers.size % COLOURS;
    this.#numbers.set(task, number);
    return number;
  }
}

/** How many colours there are for tasks. */
export const COLOURS = 8;

/**
 * The index of the first call that ended at a time or after it.
 *
 * @param {readonly Slice[]} slices In ascending order of their ends.
 * @param {number} timeMs
 */
function firstSince(slices, timeMs) {
  let [low, high] = [0, slices.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (endOf(slices[middle]) < timeMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** @param {Slice} slice */
function endOf({ startMs, ms }) {
  return startMs + ms;
}
