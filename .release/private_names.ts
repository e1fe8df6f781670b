/**
 * Private names in the built worker.
 *
 * Bun's engine keeps a list of the private names of a class with each function of the class, on
 * each thread: a fifth of the memory that the worker's code takes. So there they are ordinary
 * names, which no other module has. Only in folders whose objects never reach code of users.
 *
 * @module
 */

import { parse, type Token, tokTypes } from "acorn";
import { type Plugin, transform } from "esbuild";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

const INTERNAL =
  /\/(lib\/(?:bridge|calls|codec|jobs|limits|payloads|tasks|worker)\/\w+\.ts)$/;

/** Makes the private names of internal modules ordinary ones. */
export const ordinaryNames: Plugin = {
  name: "private names",
  setup: ({ onLoad }) =>
    onLoad({ filter: INTERNAL }, async ({ path }) => {
      const { code } = await transform(readFileSync(path, "utf8"), {
        loader: "ts",
        target: "esnext",
        sourcefile: path,
        sourcemap: "inline",
      });
      // Different from module to module, as a class and one that it extends may use a name.
      const [, module] = INTERNAL.exec(path)!;
      const hash = createHash("sha256").update(module).digest("hex");
      return { contents: withOrdinaryNames(code, `$${hash.slice(0, 4)}`) };
    }),
};

/**
 * Replaces `#name` by `name` and a suffix.
 *
 * @throws {Error} If a class extends another one of the module: both may use a name.
 */
function withOrdinaryNames(code: string, suffix: string): string {
  for (const [, base] of code.matchAll(/\bextends (\w+)/g)) {
    if (new RegExp(`\\bclass ${base}\\b`).test(code)) {
      throw new Error(`Cannot rename private names: ${base} is extended here`);
    }
  }
  const tokens: Token[] = [];
  parse(code, {
    ecmaVersion: "latest",
    sourceType: "module",
    onToken: tokens,
  });
  let [result, end] = ["", 0];
  tokens.forEach((token, i) => {
    if (token.type !== tokTypes.privateId) return;
    const name = code.slice(token.start + 1, token.end) + suffix;
    const isTested = tokens[i + 1].type === tokTypes._in;
    result += code.slice(end, token.start) + (isTested ? `"${name}"` : name);
    end = token.end;
  });
  return result + code.slice(end);
}
