/**
 * Evaluates self-contained functions, which are sent as source.
 *
 * @module
 */

import type { AnyFunction } from "./function.ts";

/**
 * Evaluates an expression of `functionExpression()`: see expression.ts.
 *
 * @param expression The expression. It cannot use variables of the scope that the function
 *   was written in.
 * @param globals Names that it can use in addition to the globals of the thread.
 * @param name A name for stack traces, which show `loom-task:name`.
 */
export function evaluateFunction(
  expression: string,
  globals: Readonly<Record<string, unknown>>,
  name: string,
): AnyFunction {
  const names = Object.keys(globals);
  const factory = new Function(
    ...names,
    `"use strict"; return ${expression}\n//# sourceURL=loom-task:${name}`,
  );
  return factory(...names.map((name) => globals[name]));
}
