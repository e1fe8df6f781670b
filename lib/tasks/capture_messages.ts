/**
 * What is said about functions that use variables of the scope that they were written in.
 *
 * @module
 */

import { LIBRARY } from "../address.ts";
import { CapturedVariableError } from "../errors.ts";
import type { FreeName } from "./free_names.ts";
import { AMBIGUOUS_NAMES, GLOBAL_NAMES } from "./global_names.ts";
import { COMMON_NAMES } from "./injected_names.ts";

/** Methods of a runtime: what is used like this is one. */
const RUNTIME_METHODS =
  /^(spawnCompute|spawnAsync|install|computeMap|computeTransform|computeStream|parIter|alloc|computePool|asyncHandle|blockUntilIdle)$/;

/** Helpers and counters that compilers and coverage tools add to a function. */
const HELPERS =
  /^(__publicField|__decorate\w*|__esDecorate|__runInitializers|_ts_\w+|__param|__metadata|__awaiter|__generator|__spread\w*|__rest|__read|__values|__coverage__|cov_\w+|stryMutAct_\w+|stryCov_\w+)$/;

/** What to report when a function uses `name` of its enclosing scope. */
export function captureMessage(
  name: string,
  uses: readonly FreeName[],
  method: string,
): string {
  const own = uses.filter((use) => use.name === name);
  const start = "Cannot run function on a worker: it uses";
  if (HELPERS.test(name)) {
    return `${start} ${name}, which a compiler or a coverage tool has added to its ` +
      `source, and which is not sent with it; turn that off for this file, or declare a ` +
      `module task: task(import.meta.url, function …)`;
  }
  const captured =
    `${start} ${name} of its enclosing scope, and variables are not captured. `;
  if (own.some(({ member }) => RUNTIME_METHODS.test(member ?? ""))) {
    return `${captured}If ${name} is the runtime, call currentRuntime() instead, which ` +
      `returns that of the worker`;
  }
  const { use } = own[0] ?? { use: "read" };
  if (COMMON_NAMES.has(name)) {
    return `${captured}${
      adviceOf(name, method)
    }. In a function that is sent, ${name}(…) is ` +
      `the function of loom`;
  }
  if (use === "write") {
    return `${captured}${
      adviceOf(name, method)
    }. A value assigned to ${name} would stay ` +
      `on the worker: return it`;
  }
  if (AMBIGUOUS_NAMES.has(name) || GLOBAL_NAMES.has(name)) {
    return `${captured}${
      adviceOf(name, method)
    }. Or, if the global of the worker is meant, ` +
      `write globalThis.${name}`;
  }
  return captured + adviceOf(name, method);
}

function adviceOf(name: string, method: string): string {
  return `Pass it as an argument: ${
    exampleOf(name, method)
  }. Or, if ${name} is a function ` +
    `or an import, declare a module task: task(import.meta.url, function …)${
      adviceOnMinifier(name)
    }`;
}

/** Names that are longer are rarely a minifier's. */
const MAX_MINIFIED_CHARACTERS = 3;

/** In a bundle, imported functions of loom may have names that a minifier has chosen. */
function adviceOnMinifier(name: string): string {
  return LIBRARY === undefined && name.length <= MAX_MINIFIED_CHARACTERS
    ? `. Or, if a minifier has given a function of loom this name, let it keep names: ` +
      `--minify-whitespace --minify-syntax instead of --minify`
    : "";
}

/** How to pass `name` to `method`. The first argument of a stage is the item. */
export function exampleOf(name: string, method: string): string {
  return method === "spawnCompute"
    ? `spawnCompute((…, ${name}) => …, …, ${name})`
    : `${method}((…, ${name}) => …, ${name})`;
}

/**
 * Returns the error to report when a self-contained function threw `error`: a
 * {@linkcode CapturedVariableError} if the function uses a variable of its enclosing scope,
 * else `error` itself. For functions that `refuseCaptures()` cannot check.
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
  // A task may throw an error of this kind with any text.
  if (
    name === undefined || !/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name)
  ) {
    return error;
  }
  if (name in globalThis) return error;
  const mentions = new RegExp(
    `(?<![\\w$.])${name.replaceAll("$", "\\$")}(?![\\w$])`,
  );
  if (!mentions.test(expression)) return error;
  return new CapturedVariableError(captureMessage(name, [], method), name, {
    cause: error,
  });
}
