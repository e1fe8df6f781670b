/**
 * Operations that stop as soon as the result is known.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import type { Operation } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";

const ACTION = "Cannot search items";

/** The first item for which `fn` returns true. */
export function find<T>(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<T | undefined> {
  return {
    plan: pipeline.plan({
      each(code, item) {
        const test = code.result(ACTION, fn, extras, item);
        code.line(`if (${test}) return [${item}];`);
      },
      stopsAtResult: true,
    }),
    finish: (values) => (firstResult(values) as [T] | undefined)?.[0],
  };
}

/** The index of the first item for which `fn` returns true; -1 if there is none. */
export function position(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<number> {
  pipeline.indexed("position");
  return {
    plan: pipeline.plan({
      each(code, item, index) {
        const test = code.result(ACTION, fn, extras, item);
        code.line(`if (${test}) return ${index};`);
      },
      stopsAtResult: true,
    }),
    finish: (values) => (firstResult(values) as number | undefined) ?? -1,
  };
}

/** Whether `fn` returns `wanted`, as a condition, for some item. */
export function any(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
  wanted: boolean,
): Operation<boolean> {
  const not = wanted ? "" : "!";
  return {
    plan: pipeline.plan({
      each(code, item) {
        const test = code.result(ACTION, fn, extras, item);
        code.line(`if (${not}${test}) return 1;`);
      },
      stopsAtResult: true,
    }),
    finish: (values) => firstResult(values) !== undefined,
  };
}

function firstResult(values: readonly unknown[]): unknown {
  return values.find((value) => value !== undefined);
}
