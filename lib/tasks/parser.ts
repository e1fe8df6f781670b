/**
 * The parser of JavaScript, loaded when the first function is analysed.
 *
 * @module
 */

import process from "node:process";
import { LIBRARY } from "../address.ts";

/** A node of the ESTree syntax tree. */
export interface SyntaxNode {
  /** Name of the kind of node. */
  readonly type: string;
  /** Its properties, child nodes among them. */
  readonly [property: string]: unknown;
}

type Parse = typeof import("acorn").parse;

let loaded: Parse | undefined;

/**
 * Loads the parser where {@linkcode parseExpression} could not load it without waiting: in
 * a bundle, and when loom was imported over the network.
 *
 * @param hasTime Whether to load it elsewhere, too, and to compile it. That takes about as
 *   long as to start a worker.
 */
export async function prepareParser(hasTime = false): Promise<void> {
  const canWait = LIBRARY?.protocol === "file:";
  if (!canWait) loaded ??= await importParser();
  if (hasTime) parseExpression("(n) => n");
}

/** Undefined where there is none, as for a worker that lies alone beside a bundle. */
async function importParser(): Promise<Parse | undefined> {
  try {
    return (await import("acorn")).parse;
  } catch {
    return undefined;
  }
}

/**
 * The syntax tree of an expression, or undefined if the parser does not know its syntax or
 * cannot be loaded.
 */
export function parseExpression(expression: string): SyntaxNode | undefined {
  const parse = loadedParser();
  if (parse === undefined) return undefined;
  try {
    // In a function, as evaluateFunction() does it.
    const program = parse(`(function () { return ${expression}\n})`, {
      ecmaVersion: "latest",
      // What the JavaScript runtime refuses later is named in a better error before.
      allowImportExportEverywhere: true,
      allowSuperOutsideMethod: true,
      checkPrivateFields: false,
    });
    return program as unknown as SyntaxNode;
  } catch {
    return undefined;
  }
}

function loadedParser(): Parse | undefined {
  if (loaded !== undefined) return loaded;
  try {
    const { createRequire } = process.getBuiltinModule("node:module");
    const require = createRequire(import.meta.url);
    return loaded = (require("acorn") as { parse: Parse }).parse;
  } catch {
    return undefined;
  }
}
