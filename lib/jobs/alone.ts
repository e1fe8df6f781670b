/**
 * Loops that their caller runs without help.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import { cancelledError, runningCall } from "../limits/running_call.ts";
import { NO_LEAF, type OwnResults } from "./collect.ts";
import { runOwn } from "./leaf.ts";
import type { CompiledLoop, LoopSpec } from "./loop.ts";

/** The leaves that a caller runs between two looks at the clock while it is alone. */
const LEAVES_PER_LOOK = 64;

/** The part of a longer time in what an item is expected to take: it may have been a pause. */
const LONGER_PART = 0.25;

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
  noteTime(loop, ms / (next * spec.length / leaves));
  return next;
}

/** Learns how long an item takes. */
export function noteTime(loop: CompiledLoop, itemMs: number): void {
  const { itemMs: before } = loop;
  loop.itemMs = before < itemMs
    ? before + LONGER_PART * (itemMs - before)
    : itemMs;
}
