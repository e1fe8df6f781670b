/**
 * What a parallel loop does, in the three forms that it takes.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import type { LoopTimes } from "./loop_times.ts";

/** The code of a loop, without its functions and values. Many loops may have the same. */
export interface LoopCode {
  /** Source of a function that takes the stages' functions and returns a {@linkcode RunLeaf}. */
  readonly text: string;
  /** Whether a leaf that returns a value ends the loop. */
  readonly stopsAtResult: boolean;
}

/** A loop as the operation that starts it describes it. */
export interface LoopPlan {
  /** What each leaf does. */
  readonly code: LoopCode;
  /**
   * What a thread that runs all items alone does instead, as one leaf. Its result makes the
   * same result of the operation. Undefined if only the results of all leaves do.
   */
  readonly whole: LoopCode | undefined;
  /** The functions of the stages. */
  readonly functions: readonly AnyFunction[];
  /** The values that the text uses: arrays and extra arguments. */
  readonly data: readonly unknown[];
  /** Makes further values, which only `code` takes. */
  readonly leafData?: () => readonly unknown[];
  /** Number of items. */
  readonly length: number;
}

/** A loop as it is sent to helpers: task numbers in place of text and functions. */
export interface LoopSpec {
  /** Task number of the text. */
  readonly text: number;
  /** Task numbers of the functions. */
  readonly functions: readonly number[];
  /** The values that the text uses. */
  readonly data: readonly unknown[];
  /** Number of items. */
  readonly length: number;
  /** Whether a leaf that returns a value ends the loop. */
  readonly stopsAtResult: boolean;
}

/** A loop that a thread has compiled. */
export interface CompiledLoop {
  /** Runs a leaf. */
  readonly run: RunLeaf;
  /** How long its items take. */
  readonly times: LoopTimes;
  /** Whether items may wait for each other. */
  readonly waiting: Waiting;
}

/**
 * Whether the items of a loop may wait for each other, so that they need several threads: not if
 * the text of its functions shows that; perhaps if there is no text; else they may.
 */
export type Waiting = "no" | "perhaps" | "yes";

/** Runs the items from index `from` up to, but not including, `to`. */
export type RunLeaf = (
  data: readonly unknown[],
  from: number,
  to: number,
) => unknown;

/** Whether all threads see the same value without a copy. */
export function crossesUnchanged(value: unknown): boolean {
  if (typeof value === "function" || typeof value === "symbol") return false;
  if (typeof value !== "object" || value === null) return true;
  return ArrayBuffer.isView(value) && value.buffer instanceof SharedArrayBuffer;
}
