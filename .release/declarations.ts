/**
 * The declarations of the built package.
 *
 * @module
 */

import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import process from "node:process";

/** The modules with declarations that programs import. */
const ENTRY_POINTS = [
  "mod.d.ts",
  "lib/cluster/mod.d.ts",
  "lib/insight/mod.d.ts",
  "lib/opentelemetry/mod.d.ts",
  "lib/sync/mod.d.ts",
  "lib/testing/mod.d.ts",
  "lib/cli/main.d.ts",
];

/** Writes the declarations of the entry points, and of what they refer to, to `folder`. */
export async function writeDeclarations(
  root: string,
  folder: string,
): Promise<void> {
  const all = mkdtempSync(join(tmpdir(), "loom-declarations-"));
  try {
    await compile(root, all);
    const reached = new Set(ENTRY_POINTS);
    for (const path of reached) {
      const text = withoutInternals(readFileSync(join(all, path), "utf8"));
      const target = join(folder, path);
      mkdirSync(dirname(target), { recursive: true });
      writeFileSync(
        target,
        text.replaceAll(REFERENCE, (whole, before, specifier) => {
          if (before === undefined) return whole;
          reached.add(posix.join(posix.dirname(path), `${specifier}.d.ts`));
          return `${before}${specifier}.js"`;
        }),
      );
    }
  } finally {
    rmSync(all, { recursive: true });
  }
}

/** A comment, whose examples stay as they are, or a reference to a module of the library. */
const REFERENCE = /\/\*[^]*?\*\/|(\b(?:from |import\()")(\.[^"]*)\.ts"/g;

/**
 * Takes the internal members out of the classes, and the imports that only those need. The
 * compiler's option for it would take out types as well that public ones refer to.
 */
function withoutInternals(text: string): string {
  const rest = text.replaceAll(
    INTERNAL_MEMBER,
    (_, member) => member.startsWith("constructor(") ? PROTECTED : "",
  );
  return rest.replaceAll(IMPORT, (whole, list: string) => {
    const names = list.split(",").map((name) => name.trim().split(" ").at(-1)!);
    const isUsed = (name: string) =>
      rest.replaceAll(COMMENT, "").match(new RegExp(`\\b${name}\\b`, "g"))!
        .length > 1;
    return names.some(isUsed) ? whole : "";
  });
}

const COMMENT = /\/\*[^]*?\*\//g;
const INTERNAL_MEMBER =
  /^ {4}\/\*\*(?:(?!\*\/)[^])*@internal\b(?:(?!\*\/)[^])*\*\/\n {4}(.*;)\n/gm;
const IMPORT = /^import (?:type )?\{([^}]*)\} from ".*";\n/gm;
/** A program cannot call the constructor; the library's own classes extend some. */
const PROTECTED = "    protected constructor();\n";

async function compile(root: string, outDir: string): Promise<void> {
  const compiler = spawn(process.execPath, [
    ..."Deno" in globalThis ? ["run", "--allow-all", "--quiet"] : [],
    join(root, "node_modules/typescript/lib/tsc.js"),
    ...["--project", join(root, ".release/tsconfig.json")],
    ...["--outDir", outDir],
  ], { stdio: "inherit" });
  const [code] = await once(compiler, "exit");
  if (code !== 0) {
    throw new Error(`Cannot write declarations: tsc ended with code ${code}`);
  }
}
