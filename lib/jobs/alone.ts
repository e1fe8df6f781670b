/**
 * Loops that their caller runs without help.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { cancelledError, runningCall } from "../limits/running_call.ts";
import {
  type LeafFailure,
  type LeafValues,
  NO_LEAF,
  type OwnResults,
} from "./collect.ts";
import type { Ending } from "./ending.ts";
import { callLeaf, runNothing, runOwn } from "./leaf.ts";
import type { CompiledLoop, LoopSpec } from "./loop.ts";

/** The leaves that a caller runs between two looks at the clock while it is alone. */
const LEAVES_PER_LOOK = 64;

/**
 * Runs all items as one leaf.
 *
 * @param ending Throws what a stage threw, or why the call was cancelled.
 */
export function runWhole(
  { guard }: Endpoint,
  spec: LoopSpec,
  { run, times }: CompiledLoop,
  ending: Ending,
): LeafValues {
  const { data, length } = spec;
  if (runningCall()?.isCancelled) {
    ending.fail(spec, { leaf: NO_LEAF, error: cancelledError() });
  }
  const isTimed = times.isDue(length);
  const startMs = isTimed ? performance.now() : 0;
  let value: unknown;
  let failure: LeafFailure | undefined;
  guard.toTasks();
  try {
    callLeaf(runNothing, data, 0, 0);
    value = callLeaf(run, data, 0, length);
  } catch (error) {
    failure = { leaf: 0, error };
  }
  guard.toLibrary();
  if (failure !== undefined) ending.fail(spec, failure);
  if (isTimed) times.noteItem((performance.now() - startMs) / length);
  return [value];
}

/**
 * Runs leaves until all have ended, or until it takes longer than expected.
 *
 * @param startMs When the loop was started.
 * @param limitMs How long it may take.
 * @returns How many leaves, from the first one on, need no help: all of them if one has ended
 *   the loop.
 */
export function runAlone(
  { guard }: Endpoint,
  spec: LoopSpec,
  loop: CompiledLoop,
  own: OwnResults,
  startMs: number,
  limitMs: number,
): number {
  const running = runningCall();
  const leaves = own.values.length;
  let next = 0;
  let ms = 0;
  let most = loop.waiting === "no" ? LEAVES_PER_LOOK : 1;
  try {
    while (next < leaves && ms < limitMs) {
      if (running?.isCancelled) throw cancelledError();
      const end = Math.min(next + most, leaves);
      guard.toTasks();
      next = runOwn(spec, loop.run, leaves, next, end, own);
      guard.toLibrary();
      if (next < end || own.failure !== undefined) {
        own.values.fill(undefined, next);
        return leaves;
      }
      ms = performance.now() - startMs;
      most = Math.min(2 * most, LEAVES_PER_LOOK);
    }
  } catch (error) {
    // Not an error of a stage: the call was cancelled, or no stack is left.
    guard.toLibrary();
    own.fail(NO_LEAF, error);
    return leaves;
  }
  // A loop that ends early says little about all its items.
  loop.times.noteItem(ms / (next * spec.length / leaves));
  return next;
}
