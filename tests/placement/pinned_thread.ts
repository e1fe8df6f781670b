/**
 * A thread that pins itself when told to and lives until it is ended, so that
 * tests can look at it in `/proc`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import { freeHelperThreads } from "../../lib/placement/helper_threads.ts";
import {
  pinCurrentThread,
  type PinOutcome,
  unpinCurrentThread,
} from "../../lib/placement/pin.ts";

/** What the thread can be told to do to itself. */
export type ThreadOrder =
  | { readonly do: "pin"; readonly cpu: number; readonly name: string | null }
  | { readonly do: "unpin"; readonly cpus: number[]; readonly name: string }
  | {
    readonly do: "free";
    readonly ownThreadIds: readonly number[];
    readonly fullMask: readonly number[];
  };

/** What it answers: the outcome of pin, the failure of unpin, the count of free. */
export type ThreadAnswer = PinOutcome | string | null | number;

parentPort?.on("message", (order: ThreadOrder) => {
  parentPort?.postMessage(obey(order));
});

function obey(order: ThreadOrder): ThreadAnswer {
  switch (order.do) {
    case "pin":
      return pinCurrentThread(order.cpu, order.name);
    case "unpin":
      return unpinCurrentThread(order.cpus, order.name);
    case "free":
      return freeHelperThreads(order.ownThreadIds, order.fullMask);
  }
}
