/**
 * The dashboard in the built package: its scripts in one small file.
 *
 * @module
 */

import * as esbuild from "esbuild";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Puts the bundled files of the page in the place of `lib/dashboard/files.ts`. */
export const bundledPage: esbuild.Plugin = {
  name: "page",
  setup: ({ onLoad }) =>
    onLoad({ filter: /\/lib\/dashboard\/files\.ts$/ }, async ({ path }) => {
      const folder = dirname(path);
      const { outputFiles } = await esbuild.build({
        absWorkingDir: folder,
        entryPoints: ["main.js", "page.css"],
        outdir: "page",
        bundle: true,
        minify: true,
        write: false,
        format: "esm",
        target: "es2024",
        charset: "utf8",
        external: ["icon.svg"],
        logLevel: "warning",
      });
      const read = (name: string) => readFileSync(join(folder, name), "utf8");
      const files = {
        "icon.svg": read("icon.svg"),
        "main.js": outputFiles.find(({ path }) => path.endsWith(".js"))!.text,
        "page.css": outputFiles.find(({ path }) => path.endsWith(".css"))!.text,
      };
      const index = read("index.html").replaceAll(/\n\s+/g, "\n");
      return {
        contents: `export const INDEX = ${JSON.stringify(index)};\n` +
          `export const FILES = ${JSON.stringify(files)};\n`,
        loader: "js",
      };
    }),
};
