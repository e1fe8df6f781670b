/**
 * A thread that pins itself on command and runs until it is terminated, so that tests can
 * read its data in `/proc`.
 *
 * @module
 */

import { parentPort } from "node:worker_threads";
import {
  pinCurrentThread,
  type PinOutcome,
  unpinCurrentThread,
} from "../../lib/affinity/pin.ts";

/** A command to the thread. */
export type ThreadCommand =
  | { readonly do: "pin"; readonly cpu: number; readonly name: string | null }
  | { readonly do: "unpin"; readonly cpus: number[]; readonly name: string };

/** The result: the outcome of pin, or the failure of unpin. */
export type ThreadResult = PinOutcome | string | null;

parentPort?.on("message", (command: ThreadCommand) => {
  parentPort?.postMessage(execute(command));
});

function execute(command: ThreadCommand): ThreadResult {
  switch (command.do) {
    case "pin":
      return pinCurrentThread(command.cpu, command.name);
    case "unpin":
      return unpinCurrentThread(command.cpus, command.name);
  }
}
