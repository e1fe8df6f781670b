/**
 * Operations that stop as soon as the result is known.
 *
 * @module
 */

import type { AnyFunction } from "../tasks/function.ts";
import type { Operation } from "./operation.ts";
import type { Pipeline } from "./pipeline.ts";
import { type LeafCode, memoize } from "./shape.ts";

/** The first item for which `fn` returns true. */
export function find<T>(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<T | undefined> {
  const own = { functions: [fn], data: extras };
  return {
    plan: pipeline.plan(findCode(extras.length), own),
    finish: (values) => (firstResult(values) as [T] | undefined)?.[0],
  };
}

/** The index of the first item for which `fn` returns true; -1 if there is none. */
export function position(
  pipeline: Pipeline,
  fn: AnyFunction,
  extras: readonly unknown[],
): Operation<number> {
  const own = { functions: [fn], data: extras };
  return {
    plan: pipeline.indexed("position").plan(positionCode(extras.length), own),
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
  const leaf = wanted ? anyCode(extras.length) : anyNotCode(extras.length);
  return {
    plan: pipeline.plan(leaf, { functions: [fn], data: extras }),
    finish: (values) => firstResult(values) !== undefined,
  };
}

const findCode = searches((test, item) => `if (${test}) return [${item}];`);
const positionCode = searches((test, _, index) =>
  `if (${test}) return ${index};`
);
const anyCode = searches((test) => `if (${test}) return 1;`);
const anyNotCode = searches((test) => `if (!${test}) return 1;`);

/** The operations that return what `line` says, by how many extra values the test takes. */
function searches(
  line: (test: string, item: string, index: string) => string,
): (extras: number) => LeafCode {
  return memoize((extras) => ({
    each(code, item, index) {
      const test = code.result("Cannot search items", extras, item);
      code.line(line(test, item, index));
    },
    stopsAtResult: true,
  }));
}

function firstResult(values: readonly unknown[]): unknown {
  return values.find((value) => value !== undefined);
}
