/**
 * How programs are bundled, each way by its own command.
 *
 * @module
 */

import { findRuntime, ROOT } from "../support/runtimes.ts";
import {
  runCommand,
  succeeded,
  type UserProject,
} from "../support/user_project.ts";

/** A way to bundle a program. */
export interface Bundler {
  readonly name: string;
  /** Bundles `main.ts` of a project into the folder `out`, whose main file is `main.js`. */
  bundle(project: UserProject, out: string): Promise<void>;
  /** Where the worker belongs in `out`: to the file that has loom. */
  readonly workerFolder?: string;
}

const MODULES = `${ROOT}/node_modules`;

/** A way that is one command. */
function command(
  name: string,
  commandFor: (out: string) => readonly string[],
  env: Readonly<Record<string, string | undefined>> = {},
): Bundler {
  return {
    name,
    async bundle({ run }, out) {
      succeeded(await run(commandFor(out), { env }));
    },
  };
}

const ESBUILD = [
  ...runCommand(),
  `${MODULES}/esbuild/bin/esbuild`,
  ...["main.ts", "--bundle", "--format=esm", "--platform=node"],
];

/** esbuild with further options. */
export function esbuildWith(...options: readonly string[]): Bundler {
  return command(
    ["esbuild", ...options].join(" "),
    (out) => [...ESBUILD, `--outfile=${out}/main.js`, ...options],
  );
}

// Otherwise Rollup puts loom into the main file, and modules that loom imports late import
// that. They never load if the program awaits the runtime at its top level.
const CHUNKS = `const manualChunks = { loom: ["@loom/runtime"] };`;

const ROLLUP: Bundler = {
  name: "Rollup",
  async bundle({ run, write }, out) {
    write(
      "rollup.config.mjs",
      `${CHUNKS}
      import { nodeResolve } from "${MODULES}/@rollup/plugin-node-resolve/dist/es/index.js";
      import { transform } from "${MODULES}/esbuild/lib/main.js";
      const types = {
        name: "types",
        transform: async (code, id) => id.endsWith(".ts")
          ? { code: (await transform(code, { loader: "ts" })).code, map: null }
          : null,
      };
      export default {
        input: "main.ts",
        output: { dir: ${JSON.stringify(out)}, manualChunks },
        plugins: [nodeResolve(), types],
      };`,
    );
    const rollup = `${MODULES}/rollup/dist/bin/rollup`;
    succeeded(await run([...runCommand(), rollup, "--config"]));
  },
};

const VITE: Bundler = {
  name: "Vite, for a server",
  workerFolder: "assets",
  async bundle({ run, write }, out) {
    write(
      "vite.config.mjs",
      `${CHUNKS}
      export default {
        build: {
          ssr: "main.ts",
          outDir: ${JSON.stringify(out)},
          rollupOptions: { output: { manualChunks } },
        },
        ssr: { noExternal: true },
      };`,
    );
    const vite = `${MODULES}/vite/bin/vite.js`;
    succeeded(await run([...runCommand(), vite, "build"]));
  },
};

const BUN = command(
  "bun build",
  (out) => [
    findRuntime("Bun"),
    ...["build", "main.ts", "--target=node", `--outdir=${out}`],
  ],
);

/** Deno gets the bundler from the registry of its own configuration, into its own cache. */
export const DENO_ENVIRONMENT = {
  DENO_DIR: undefined,
  NPM_CONFIG_REGISTRY: undefined,
};
const DENO = command(
  "deno bundle",
  (out) => [
    findRuntime("Deno"),
    ...["bundle", "main.ts", `--output=${out}/main.js`],
  ],
  DENO_ENVIRONMENT,
);

/** All bundlers; Deno's is there if the registry is in reach. */
export const BUNDLERS: readonly Bundler[] = [
  esbuildWith(),
  ROLLUP,
  VITE,
  BUN,
  DENO,
];
