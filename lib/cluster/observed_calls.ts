/**
 * Calls between callers and hosts, for those who watch the calls of a thread. What they want the
 * other side to know travels in the headers of the message.
 *
 * @module
 */

import type { Observed } from "../observers/observed.ts";
import { type Carrier, observersOfThread } from "../observers/observers.ts";
import { beginRemote } from "../observers/remote_calls.ts";
import type { LoomRuntime } from "../runtime.ts";
import type { AnyFunction } from "../tasks/function.ts";
import { type MessageHeaders, readHeaders } from "./connection.ts";
import { type OutgoingCall, sendCall, type Sender } from "./send_call.ts";
import { type ClusterPriority, nameOfTask } from "./subjects.ts";

/** Does what {@linkcode sendCall} does, observed. */
export function sendObserved(
  sender: Sender,
  call: OutgoingCall,
): Promise<unknown> {
  if (observersOfThread().length === 0) return sendCall(sender, call);
  const { task, options: { priority = "normal", signal } } = call;
  const observed = beginSending("cluster", task, priority);
  if (observed === undefined) return sendCall(sender, call);
  const { carrier } = observed;
  const sent = sendCall(sender, { ...call, carrier });
  return observed.endWith(sent, () => ({}), signal);
}

/** A call or a map begins; undefined if nothing watches it. */
export function beginSending(
  operation: "cluster" | "clusterMap",
  task: string,
  priority: ClusterPriority,
): Observed | undefined {
  const file = undefined;
  return beginRemote({ operation, task, file, runtime: undefined, priority });
}

/** A call, or a message with items, has come; undefined if nothing watches it. */
export function beginServing(
  message: { readonly headers?: MessageHeaders | undefined },
  fn: AnyFunction,
  priority: ClusterPriority,
  runtime: LoomRuntime,
): Observed | undefined {
  if (observersOfThread().length === 0) return undefined;
  return beginRemote({
    operation: "serve",
    task: nameOfTask(fn),
    file: undefined,
    runtime: runtime.config.prefix,
    priority,
    received: tryReadHeaders(message),
  });
}

/** Anybody may have written them: what cannot be read is left out. */
function tryReadHeaders(
  message: { readonly headers?: MessageHeaders | undefined },
): Carrier {
  try {
    const { headers } = message;
    return headers === undefined ? {} : readHeaders(headers);
  } catch {
    return {};
  }
}
