/**
 * Reads the files that a stack names.
 *
 * @module
 */

import process from "node:process";
import { type Token, tokensOf } from "./tokens.ts";

/** The part of Deno that reports whether a file may be read without a prompt. */
interface DenoPermissions {
  readonly permissions: {
    querySync(
      descriptor: { name: "read"; path: string },
    ): { readonly state: string };
  };
}

/** Longer files are not read: their tokens would take too long. */
const MAX_BYTES = 4 << 20;

/** A file with the source of a program. */
export class SourceFile {
  /** Path or URL, as stacks name it. */
  readonly name: string;
  /** Its tokens. */
  readonly tokens: readonly Token[];
  #indices: Map<string, number[]> | undefined;

  constructor(name: string, text: string) {
    this.name = name;
    this.tokens = tokensOf(text);
  }

  /** Indices of the tokens with this text. */
  indicesOf(text: string): readonly number[] {
    if (this.#indices === undefined) {
      this.#indices = new Map();
      for (const [index, token] of this.tokens.entries()) {
        const known = this.#indices.get(token.text);
        if (known === undefined) this.#indices.set(token.text, [index]);
        else known.push(index);
      }
    }
    return this.#indices.get(text) ?? [];
  }
}

/** The files that were read, each once. */
export class SourceFiles {
  readonly #files = new Map<string, SourceFile | undefined>();

  /** The file; undefined if it cannot be read, or only after a prompt. */
  read(name: string): SourceFile | undefined {
    if (!this.#files.has(name)) {
      const text = readText(name);
      const file = text === undefined ? undefined : new SourceFile(name, text);
      this.#files.set(name, file);
    }
    return this.#files.get(name);
  }
}

/** The files beside a file that it imports, as stacks name them. */
export function importsOf({ name, tokens }: SourceFile): string[] {
  const found: string[] = [];
  for (let i = 1; i < tokens.length; i++) {
    const before = tokens[i - 1].text;
    if (before !== "from" && before !== "import" && before !== "(") continue;
    const specifier = /^"(\.{1,2}\/.*)$/s.exec(tokens[i].text)?.[1];
    if (specifier === undefined) continue;
    for (const written of spellingsOf(specifier)) {
      const url = new URL(written, urlOf(name));
      found.push(isUrl(name) ? url.href : decodeURIComponent(url.pathname));
    }
  }
  return found;
}

/** The files that a specifier may mean: Bun adds an ending, and takes a .ts for a .js. */
function spellingsOf(specifier: string): string[] {
  const found = /\.([cm]?)[jt]sx?$/.exec(specifier);
  if (found === null) {
    return [".ts", ".tsx", ".js", "/index.ts", ".jsx", "/index.js"]
      .map((ending) => specifier + ending);
  }
  const stem = specifier.slice(0, found.index);
  return [specifier, `${stem}.${found[1]}ts`, `${stem}.tsx`];
}

function isUrl(name: string): boolean {
  return name.startsWith("file://");
}

function urlOf(name: string): URL {
  return isUrl(name)
    ? new URL(name)
    : process.getBuiltinModule("node:url").pathToFileURL(name);
}

function readText(name: string): string | undefined {
  try {
    const path = process.getBuiltinModule("node:url")
      .fileURLToPath(urlOf(name));
    if (!mayRead(path)) return undefined;
    const files = process.getBuiltinModule("node:fs");
    if (files.statSync(path).size > MAX_BYTES) return undefined;
    return files.readFileSync(path, "utf8");
  } catch {
    // Not a file, or not one of this machine.
    return undefined;
  }
}

/** Whether the file may be read; in Deno without a prompt. */
function mayRead(path: string): boolean {
  const { Deno } = globalThis as { Deno?: DenoPermissions };
  return Deno === undefined ||
    Deno.permissions.querySync({ name: "read", path }).state === "granted";
}
