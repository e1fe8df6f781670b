/**
 * The task that lets the code of a call see the context of its caller.
 *
 * @module
 */

import { context } from "./api.ts";
import { type Task, task } from "../tasks/task.ts";
import { type CarriedContext, contextOf } from "./carried_context.ts";
import { AsyncContextManager, hasContextManager } from "./context_manager.ts";
import { areSpansObserved, observeSpans } from "./spans.ts";

let isReady = false;

/** Runs a function on a worker in the context of the call's caller. */
export const inCallersContext: Task<
  [run: () => unknown, carried: CarriedContext],
  unknown
> = task(
  import.meta.url,
  function inCallersContext(
    run: () => unknown,
    carried: CarriedContext,
  ): unknown {
    if (!isReady) prepareWorker();
    return context.with(contextOf(carried), run);
  },
);

/** Lets contexts go on from here: into what the function awaits, and into its own calls. */
function prepareWorker(): void {
  isReady = true;
  // The provider of the application has most likely brought one.
  if (!hasContextManager()) {
    context.setGlobalContextManager(new AsyncContextManager());
  }
  if (!areSpansObserved()) {
    observeSpans({ inContext: inCallersContext, onlyInside: true });
  }
}
