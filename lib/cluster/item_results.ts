/**
 * Results of items, several in one message.
 *
 * @module
 */

import { ClusterError } from "../errors.ts";
import type { Frame, FrameHead } from "./frame.ts";
import type { Payloads } from "./payloads.ts";

/** What came of one item. */
export type ItemOutcome = PromiseSettledResult<unknown>;

/**
 * Writes outcomes. One whose value cannot be sent becomes a failure that says why.
 *
 * First comes an array that says which of them failed.
 */
export function writeOutcomes(
  payloads: Payloads,
  head: FrameHead,
  outcomes: readonly ItemOutcome[],
): Uint8Array | Promise<Uint8Array> {
  try {
    return write(payloads, head, outcomes);
  } catch {
    const sendable = outcomes.map((outcome) => {
      try {
        payloads.check(valueOf(outcome));
        return outcome;
      } catch (problem) {
        return { status: "rejected", reason: plain(outcome, problem) } as const;
      }
    });
    try {
      return write(payloads, head, sendable);
    } catch (problem) {
      const reason = plain(undefined, problem);
      return write(
        payloads,
        head,
        outcomes.map(() => ({ status: "rejected", reason })),
      );
    }
  }
}

/** Reads what {@linkcode writeOutcomes} wrote. */
export function readOutcomes(
  payloads: Payloads,
  frame: Frame,
  count: number,
): ItemOutcome[] {
  const [failed, ...values] = payloads.readArguments(frame, true);
  if (!Array.isArray(failed) || values.length !== count) {
    throw new ClusterError(
      `Cannot read results: ${values.length} came for ${count} items`,
    );
  }
  const isFailed = new Set(failed);
  return values.map((value, index) =>
    isFailed.has(index)
      ? { status: "rejected", reason: value }
      : { status: "fulfilled", value }
  );
}

function write(
  payloads: Payloads,
  head: FrameHead,
  outcomes: readonly ItemOutcome[],
): Uint8Array | Promise<Uint8Array> {
  const failed = outcomes.flatMap(({ status }, index) =>
    status === "rejected" ? [index] : []
  );
  return payloads.writeItems(head, [failed, ...outcomes.map(valueOf)]);
}

function valueOf(outcome: ItemOutcome): unknown {
  return outcome.status === "fulfilled" ? outcome.value : outcome.reason;
}

/** An error that can be sent, in place of an outcome that cannot. */
function plain(outcome: ItemOutcome | undefined, problem: unknown): unknown {
  const thrown = outcome?.status === "rejected" ? outcome.reason : problem;
  if (!(thrown instanceof Error)) return new Error(String(problem));
  const error = new Error(thrown.message.slice(0, 10_000));
  error.name = thrown.name;
  error.stack = thrown.stack?.slice(0, 10_000);
  return error;
}
