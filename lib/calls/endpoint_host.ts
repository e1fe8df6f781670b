/**
 * What an endpoint needs from the loop of its thread.
 *
 * @module
 */

import type { Pages } from "../bridge/pages.ts";
import type { Clock } from "../limits/clock.ts";
import type { Collector } from "../payloads/garbage.ts";
import type { ReasonOfEnd } from "./lost_error.ts";
import type { StuckCall } from "./stuck_call.ts";

/** What an endpoint needs from the loop of its thread. */
export interface EndpointHost {
  /** Makes sure that the endpoint is drained until no call is in flight. */
  pump(): void;
  /** The code that waits for calls has other things to do first: see pump.ts. */
  rest?(): void;
  /** That code now waits. */
  hurry?(): void;
  /** Why the previous worker of this thread index ended; undefined when unknown. */
  reasonOfEnd(thread: number): ReasonOfEnd | undefined;
  /**
   * Has the worker with this serial number ended and replaced, if it runs code of tasks and
   * a guarded call at present.
   *
   * @param call The call because of which it is ended, if there is one.
   */
  endWorker(serial: number, call?: StuckCall): void;
  /** The clock of time limits. */
  readonly clock: Clock;
  /** Whether the workers share this thread, which must not block for them. */
  readonly isInline?: boolean;
  /** Advice to the kernel about pages. */
  readonly pages: Pages;
  /** Collects the garbage of this thread. */
  readonly collector: Collector;
}
