/**
 * Refuses functions that use variables of the scope that they were written in.
 *
 * @module
 */

import process from "node:process";
import { CapturedVariableError, InvalidTaskError } from "../errors.ts";
import { captureMessage, exampleOf } from "./capture_messages.ts";
import { findOuterUses, type FreeName } from "./free_names.ts";
import { ENVIRONMENT_NAMES, GLOBAL_NAMES } from "./global_names.ts";
import { COMMON_NAMES, DISTINCT_NAMES } from "./injected_names.ts";
import type { SyntaxNode } from "./parser.ts";

/**
 * Checks that a function uses nothing of the scope that it was written in.
 *
 * @param expression The expression of the function.
 * @param method The method that the function was passed to.
 * @throws {CapturedVariableError} If it does. A function that calls `eval`, or that the
 *   parser cannot read, is not checked: `explainCapture()` explains its error.
 * @throws {InvalidTaskError} If it imports a module by a specifier that is resolved from
 *   its own file.
 */
export function refuseCaptures(expression: string, method: string): void {
  const uses = findOuterUses(expression);
  if (uses === undefined || uses.usesEval) return;
  for (const keyword of uses.keywords) {
    throw new CapturedVariableError(keywordMessage(keyword, method), keyword);
  }
  for (const use of uses.names) {
    if (isAvailable(use, uses.names)) continue;
    throw new CapturedVariableError(
      captureMessage(use.name, uses.names, method),
      use.name,
    );
  }
  for (const specifier of uses.imports) refuseRelativeImport(specifier);
}

/** Whether the worker has what the function means by the name. */
function isAvailable(use: FreeName, uses: readonly FreeName[]): boolean {
  const { name } = use;
  if (use.use === "write") return false;
  if (DISTINCT_NAMES.has(name)) return true;
  if (COMMON_NAMES.has(name)) return isCalledAsOurs(name, uses);
  if (ENVIRONMENT_NAMES.has(name) && isTested(name, uses)) return true;
  return GLOBAL_NAMES.has(name);
}

/** Whether the function calls loom's function of this name, or at least could mean it. */
function isCalledAsOurs(name: string, uses: readonly FreeName[]): boolean {
  const own = uses.filter((use) => use.name === name);
  return own.some(({ use }) => use === "call") && own.every(({ use, args }) =>
    // Of loom's, only report() takes a text.
    use === "call" ? name === "report" || !args!.some(isText) : use === "read"
  );
}

function isText({ type, value }: SyntaxNode): boolean {
  return type === "TemplateLiteral" || typeof value === "string";
}

function isTested(name: string, uses: readonly FreeName[]): boolean {
  return uses.some((use) => use.name === name && use.use === "typeof");
}

function keywordMessage(keyword: string, method: string): string {
  const start = "Cannot run function on a worker: it uses";
  switch (keyword) {
    case "this":
      return `${start} this, and the object is not sent with the function. Pass what it ` +
        `needs as an argument: ${exampleOf("value", method)}`;
    case "import.meta":
      return `${start} import.meta, which belongs to its module. Pass what it needs as an ` +
        `argument, such as import.meta.url: ${
          exampleOf("url", method)
        }. Or declare a ` +
        `module task: task(import.meta.url, function …)`;
    case "arguments":
      return `${start} arguments of its enclosing function. Use a rest parameter: ` +
        `(...args) => …`;
    default:
      return `${start} ${keyword} of its enclosing ${
        keyword === "new.target" ? "function" : "class"
      }, which is not sent with it. Pass what it needs as an argument, or declare a module ` +
        `task: task(import.meta.url, function …)`;
  }
}

function refuseRelativeImport(specifier: string): void {
  const isAbsolute = /^([a-z][a-z0-9+.-]*:|\/)/i.test(specifier);
  const { isBuiltin } = process.getBuiltinModule("node:module");
  if (isAbsolute || isBuiltin(specifier) || specifier === "bun") return;
  const shown = JSON.stringify(specifier);
  throw new InvalidTaskError(
    `Cannot run function on a worker: it imports ${shown}, which is resolved from its own ` +
      `file, and a function that is sent as text has none. Pass the address as an ` +
      `argument: (…, url) => import(url), with import.meta.resolve(${shown}). Or declare ` +
      `a module task: task(import.meta.url, function …)`,
  );
}
