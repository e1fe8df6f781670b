/**
 * Builds the package for npm: a folder that can be packed, published and installed.
 *
 *     deno task build [folder]
 *     bun run build [folder]
 *
 * Without an argument the folder is `dist/`. What it holds:
 *
 *     lib/mod.js, lib/sync.js,  the entry points; they share modules, and load others late
 *     lib/cli.js
 *     lib/loom_worker.js        the worker in one file
 *     bin/loom.js               the `loom` command
 *     types/                    the declarations
 *
 * @module
 */

import * as esbuild from "esbuild";
import {
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { writeDeclarations } from "./declarations.ts";
import { bundledPage } from "./page.ts";
import { ordinaryNames } from "./private_names.ts";
import { keepLines } from "./source_maps.ts";

const ROOT: string = fileURLToPath(new URL("..", import.meta.url));

/** Files that the package has as they are. */
const COPIED = ["README.md", "CHANGELOG.md", "LICENSE", "loom.schema.json"];

/** The folder of the modules, relative to the root, whichever folder is built. */
const MODULES = "dist/lib";

const COMMON: esbuild.BuildOptions = {
  absWorkingDir: ROOT,
  outdir: MODULES,
  write: false,
  bundle: true,
  // Not those that tsconfig.json has: the package does without JSR.
  packages: "external",
  format: "esm",
  platform: "node",
  target: "esnext",
  // Engines keep a text of ASCII characters in half the memory, in each worker.
  charset: "ascii",
  // Names stay as they are: stacks show them, and so do instances of classes.
  minifySyntax: true,
  minifyWhitespace: true,
  // What shows a line of the file, such as an uncaught error, shows a short one.
  lineLimit: 120,
  sourcemap: "linked",
  sourcesContent: false,
  logLevel: "warning",
};

/** Builds the package in `folder`, which is removed first. */
export async function buildPackage(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  for (const name of ["bin", "lib"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const [entryPoints, worker] = await Promise.all([
    buildEntryPoints(),
    buildWorker(),
    writeDeclarations(ROOT, join(folder, "types")),
  ]);
  for (const { path, text } of [...entryPoints, ...worker]) {
    writeFileSync(
      join(folder, "lib", basename(path)),
      path.endsWith(".map") ? keepLines(text, MODULES) : text,
    );
  }
  for (const name of COPIED) cpSync(join(ROOT, name), join(folder, name));
  cpSync(join(ROOT, ".release/loom.js"), join(folder, "bin/loom.js"));
  writeFileSync(
    join(folder, "package.json"),
    `${JSON.stringify(manifest(), null, 2)}\n`,
  );
}

/** The modules that programs import. What is imported late stays apart. */
async function buildEntryPoints(): Promise<esbuild.OutputFile[]> {
  const [entryPoints, address] = await Promise.all([
    esbuild.build({
      ...COMMON,
      entryPoints: {
        mod: "mod.ts",
        cluster: "lib/cluster/mod.ts",
        insight: "lib/insight/mod.ts",
        opentelemetry: "lib/opentelemetry/mod.ts",
        sync: "lib/sync/mod.ts",
        testing: "lib/testing/mod.ts",
        cli: "lib/cli/main.ts",
      },
      chunkNames: "[name]-[hash]",
      splitting: true,
      plugins: [
        replaceAddress({ path: "./address.js", external: true }),
        bundledPage,
      ],
    }),
    // In a file of its own, the module sees whether a bundler has put it into another.
    esbuild.build({
      ...COMMON,
      entryPoints: { address: ".release/address.ts" },
      sourcemap: false,
    }),
  ]);
  return [...entryPoints.outputFiles!, ...address.outputFiles!];
}

/** The worker, which loads no other file, so that it can be copied beside a bundle. */
async function buildWorker(): Promise<esbuild.OutputFile[]> {
  const { outputFiles } = await esbuild.build({
    ...COMMON,
    entryPoints: { loom_worker: "lib/worker/entry.ts" },
    // Bun's mark of what needs no transpiling. Otherwise each worker does that, and keeps some
    // of its memory.
    banner: { js: "// @bun" },
    plugins: [
      replaceAddress({ path: join(ROOT, ".release/address.ts") }),
      ordinaryNames,
    ],
  });
  return outputFiles!;
}

/** Makes modules import another one instead of `lib/address.ts`. */
function replaceAddress(other: esbuild.OnResolveResult): esbuild.Plugin {
  return {
    name: "address",
    setup: ({ onResolve }) =>
      onResolve({ filter: /\/address\.ts$/ }, () => other),
  };
}

/** What the registry shows of the package. */
const SHOWN = [
  "name",
  "version",
  "description",
  "keywords",
  "author",
  "license",
  "homepage",
  "bugs",
  "repository",
];

/** The package.json of the package. */
function manifest(): Record<string, unknown> {
  const root = rootManifest();
  return {
    ...Object.fromEntries(SHOWN.map((name) => [name, root[name]])),
    type: "module",
    exports: {
      ".": { types: "./types/mod.d.ts", default: "./lib/mod.js" },
      "./cluster": {
        types: "./types/lib/cluster/mod.d.ts",
        default: "./lib/cluster.js",
      },
      "./insight": {
        types: "./types/lib/insight/mod.d.ts",
        default: "./lib/insight.js",
      },
      "./opentelemetry": {
        types: "./types/lib/opentelemetry/mod.d.ts",
        default: "./lib/opentelemetry.js",
      },
      "./sync": {
        types: "./types/lib/sync/mod.d.ts",
        default: "./lib/sync.js",
      },
      "./testing": {
        types: "./types/lib/testing/mod.d.ts",
        default: "./lib/testing.js",
      },
      "./worker": "./lib/loom_worker.js",
      "./cli": { types: "./types/lib/cli/main.d.ts", default: "./lib/cli.js" },
      "./package.json": "./package.json",
    },
    bin: { loom: "bin/loom.js" },
    engines: root.engines,
    // No other module does anything when it is imported.
    sideEffects: ["./lib/loom_worker.js"],
    dependencies: root.dependencies,
    peerDependencies: root.peerDependencies,
    peerDependenciesMeta: root.peerDependenciesMeta,
  };
}

function rootManifest(): Record<string, unknown> {
  return JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
}

if (import.meta.main) {
  const folder = resolve(process.argv[2] ?? join(ROOT, "dist"));
  await buildPackage(folder);
  console.log(`Built ${folder}`);
  // The process of the bundler would keep this one alive.
  await esbuild.stop();
}
