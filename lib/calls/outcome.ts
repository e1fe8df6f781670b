/**
 * What a completed call has returned or thrown.
 *
 * @module
 */

import type { Lane } from "../bridge/lane.ts";
import { doneBy, isFailure, KIND_MASK } from "../bridge/slot_state.ts";
import type { CallerHost } from "./caller_host.ts";
import { addFrames } from "./call_sites.ts";
import { type CallSlots, rejection } from "./call_slots.ts";
import { allResults, type SomeResults, someResults } from "./items.ts";
import { KIND_OF_ITEMS, KIND_SOME } from "../payloads/payload_kinds.ts";

/**
 * Reads the result of a slot's call, or its error as a rejected promise, and releases its
 * block.
 */
export function outcomeOf(
  { payloads, diagnostics }: CallerHost,
  lane: Lane,
  slots: CallSlots,
  slot: number,
  meta: number,
): unknown {
  try {
    const kind = meta & KIND_MASK;
    const value = payloads.readResult(lane, slot, kind, doneBy(meta));
    if (isFailure(meta)) {
      addFrames(value, slots.framesOf(slot, slots.tasks[slot]), diagnostics);
      return rejection(value);
    }
    if (kind < KIND_OF_ITEMS) return value;
    if (kind !== KIND_SOME) return allResults(value as unknown[]);
    return someResults(value as SomeResults, payloads, (errors) => {
      const frames = slots.framesOf(slot, slots.tasks[slot]);
      for (const error of errors) addFrames(error, frames, diagnostics);
    });
  } catch (error) {
    return rejection(error);
  }
}
