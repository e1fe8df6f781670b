/**
 * Keeps contexts across awaits on workers where the application does not.
 *
 * @module
 */

import {
  type Context,
  context,
  type ContextManager,
  createContextKey,
  ROOT_CONTEXT,
} from "./api.ts";
import { AsyncLocalStorage } from "node:async_hooks";

/** Whether contexts become active on this thread at all. */
export function hasContextManager(): boolean {
  const key = createContextKey("loom");
  const probe = ROOT_CONTEXT.setValue(key, true);
  return context.with(probe, () => context.active().getValue(key) === true);
}

/**
 * A context manager, without the support for event emitters that
 * `@opentelemetry/context-async-hooks` has.
 */
export class AsyncContextManager implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();

  /** See {@linkcode ContextManager}. */
  active(): Context {
    return this.#storage.getStore() ?? ROOT_CONTEXT;
  }

  /** See {@linkcode ContextManager}. */
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    active: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    return this.#storage.run(active, () => fn.apply(thisArg, args));
  }

  /** See {@linkcode ContextManager}. */
  bind<T>(active: Context, target: T): T {
    if (typeof target !== "function") return target;
    const run = (...args: unknown[]) =>
      this.#storage.run(active, () => target(...args));
    return run as T;
  }

  /** See {@linkcode ContextManager}. */
  enable(): this {
    return this;
  }

  /** See {@linkcode ContextManager}. */
  disable(): this {
    this.#storage.disable();
    return this;
  }
}
