/**
 * Self-contained functions, which are sent as source and evaluated on the worker.
 *
 * @module
 */

import { CapturedVariableError, InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "./function.ts";

/**
 * Returns an expression that evaluates to `fn`.
 *
 * @throws {InvalidTaskError} If `fn` is a class, native or bound.
 */
export function functionExpression(fn: AnyFunction): string {
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
  const asExpression = `(${source}\n)`;
  if (isExpression(asExpression)) return asExpression;
  // A method: `name(…) { … }` is only valid inside an object.
  const asMethod = `Object.values({ ${source}\n})[0]`;
  if (isExpression(asMethod)) return asMethod;
  throw new InvalidTaskError(
    `Cannot send ${name}: its source is not an expression: ${
      source.slice(0, 80)
    }`,
  );
}

function isExpression(source: string): boolean {
  try {
    new Function(`"use strict"; return ${source}`);
    return true;
  } catch {
    return false;
  }
}

/**
 * Evaluates an expression of {@linkcode functionExpression}.
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

/**
 * Returns the error to report when a self-contained function threw `error`: a
 * {@linkcode CapturedVariableError} if the function uses a variable of its enclosing scope,
 * else `error` itself.
 *
 * @param expression The expression of the function.
 * @param method The method that the function was passed to.
 */
export function explainCapture(
  error: unknown,
  expression: string,
  method: string,
): unknown {
  if (!(error instanceof ReferenceError)) return error;
  const variable = /^(\S+) is not defined$|^Can't find variable: (\S+)$/.exec(
    error.message,
  );
  const name = variable?.[1] ?? variable?.[2];
  if (name === undefined || name in globalThis) return error;
  const mentions = new RegExp(
    `(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`,
  );
  if (!mentions.test(expression)) return error;
  // The first argument of a stage is the item.
  const example = method === "spawnCompute"
    ? `spawnCompute((…, ${name}) => …, …, ${name})`
    : `${method}((…, ${name}) => …, ${name})`;
  return new CapturedVariableError(
    `Cannot run function on a worker: it uses ${name} of its enclosing scope, and ` +
      `variables are not captured. Pass it as an argument: ` +
      `${example}. Or, if ${name} is a function or an import, ` +
      `declare a module task: task(import.meta.url, function …)`,
    name,
    { cause: error },
  );
}
