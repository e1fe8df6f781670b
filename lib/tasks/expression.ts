/**
 * The source of self-contained functions, as it is sent to workers.
 *
 * @module
 */

import { InvalidTaskError } from "../errors.ts";
import { refuseCaptures } from "./captures.ts";
import type { AnyFunction } from "./function.ts";

/**
 * Returns an expression that evaluates to `fn`.
 *
 * @param method The method that `fn` was passed to, for errors.
 * @throws {InvalidTaskError} If `fn` is a class, native or bound.
 * @throws {CapturedVariableError} If `fn` uses a variable of its enclosing scope.
 */
export function functionExpression(fn: AnyFunction, method: string): string {
  const source = Function.prototype.toString.call(fn);
  // Any value can be assigned to the name of a function.
  const name = typeof fn.name === "string" && fn.name !== ""
    ? `function ${fn.name}`
    : "function";
  if (/^class\b/.test(source)) {
    throw new InvalidTaskError(
      `Cannot send ${name}: it is a class; send a function that creates and uses the object`,
    );
  }
  if (/\{\s*\[native code\]\s*\}\s*$/.test(source)) {
    throw new InvalidTaskError(
      `Cannot send ${name}: it is native or bound, so it has no source; ` +
        `wrap it in a function, such as (value) => ${
          fn.name.replace("bound ", "") || "f"
        }(value)`,
    );
  }
  for (const expression of expressionsOf(source)) {
    // First, as its errors say more than that the source is no expression.
    refuseCaptures(expression, method);
    if (isExpression(expression)) return expression;
  }
  throw new InvalidTaskError(
    `Cannot send ${name}: its source is not an expression: ${
      source.slice(0, 80)
    }`,
  );
}

/** What the source may be: an expression, or a method, which is only valid in an object. */
function expressionsOf(source: string): string[] {
  const accessor = /^([gs]et)(?:\s+|(?=["'[]))[^\s(]/.exec(source)?.[1];
  return [
    `(${source}\n)`,
    accessor === undefined
      ? `Object.values({ ${source}\n})[0]`
      : `Object.values(Object.getOwnPropertyDescriptors({ ${source}\n}))[0].${accessor}`,
  ];
}

function isExpression(source: string): boolean {
  try {
    new Function(`"use strict"; return ${source}`);
    return true;
  } catch {
    return false;
  }
}
