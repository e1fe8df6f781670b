/**
 * Self-contained functions: sent by their source and evaluated in the worker.
 *
 * @module
 */

import { CapturedVariableError, InvalidTaskError } from "../errors.ts";
import type { AnyFunction } from "./function.ts";

/**
 * An expression that evaluates to `fn`. Throws {@linkcode InvalidTaskError} for functions
 * without a source of their own.
 */
export function functionExpression(fn: AnyFunction): string {
  const source = Function.prototype.toString.call(fn);
  // A name can be redefined to be anything.
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
      `Cannot send ${name}: it is native or bound, so its source cannot be read; ` +
        `wrap it in a function, such as (value) => ${
          fn.name.replace("bound ", "") || "f"
        }(value)`,
    );
  }
  const asExpression = `(${source}\n)`;
  if (isExpression(asExpression)) return asExpression;
  // A method: `name(…) { … }` stands only inside an object.
  const asMethod = `Object.values({ ${source}\n})[0]`;
  if (isExpression(asMethod)) return asMethod;
  throw new InvalidTaskError(
    `Cannot send ${name}: its source does not stand alone: ${
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
 * Evaluates an expression of {@linkcode functionExpression}. Nothing of the place where
 * the function was written is there, but for `scope`: what any module would import. Stacks
 * show it as `loom-task:name`.
 */
export function evaluateFunction(
  expression: string,
  scope: Readonly<Record<string, unknown>>,
  name: string,
): AnyFunction {
  const names = Object.keys(scope);
  const factory = new Function(
    ...names,
    `"use strict"; return ${expression}\n//# sourceURL=loom-task:${name}`,
  );
  return factory(...names.map((name) => scope[name]));
}

/**
 * The error to report instead of `error`, when that says that the function used a variable
 * of the place where it was written; else `error` itself. `method` is what it was given to.
 */
export function explainCapture(
  error: unknown,
  expression: string,
  method = "spawnCompute",
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
  // A stage gets its item first, by itself.
  const example = method === "spawnCompute"
    ? `spawnCompute((…, ${name}) => …, …, ${name})`
    : `${method}((…, ${name}) => …, ${name})`;
  return new CapturedVariableError(
    `Cannot run function on a worker: it uses ${name} of the place where it was written, ` +
      `which does not travel with it. Pass it as an argument: ` +
      `${example}. Or, if ${name} is a function or an import, ` +
      `declare a module task: task(import.meta.url, function …)`,
    name,
    { cause: error },
  );
}
