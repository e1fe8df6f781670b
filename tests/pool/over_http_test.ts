import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { HERE, runProgram } from "../support/program.ts";
import { ROOT } from "../support/runtimes.ts";
import { skip, test } from "../support/test.ts";

const name = "Workers start when loom is imported over HTTP, as from JSR";

// As a registry does for its packages: bare names become URLs.
const ADDRESSES: readonly (readonly [string, string])[] = [
  ["acorn", "/node_modules/acorn/dist/acorn.mjs"],
  ["@std/cli/parse-args", "/.release/stand_ins/cli.ts"],
  ["@std/toml", "/.release/stand_ins/toml.ts"],
  ["@std/yaml", "/.release/stand_ins/yaml.ts"],
  ["js-yaml", "/node_modules/js-yaml/dist/js-yaml.mjs"],
  ["smol-toml", "/node_modules/smol-toml/dist/index.js"],
];

if (HERE === "Bun") skip(name, "Bun imports no modules over HTTP");
else {
  test(name, async () => {
    const server = createServer(async (request, response) => {
      let source = await readFile(`${ROOT}${request.url}`, "utf8");
      for (const [bare, address] of ADDRESSES) {
        source = source.replaceAll(
          new RegExp(`(from |import\\()"${bare}"`, "g"),
          `$1"${address}"`,
        );
      }
      const isScript = /\.m?js$/.test(request.url!);
      response.setHeader(
        "content-type",
        isScript ? "text/javascript" : "application/typescript",
      );
      response.end(source);
    });
    await new Promise<void>((resolve) =>
      server.listen(0, "127.0.0.1", resolve)
    );
    try {
      const { port } = server.address() as AddressInfo;
      const end = await runProgram(
        "over_http.ts",
        [`http://127.0.0.1:${port}`],
        {
          // The URL differs each time, so it must not be written to the lock file.
          permissions: ["--allow-all", "--no-lock"],
        },
      );
      assert.deepEqual(
        [end.code, end.stdout.trim().split("\n")],
        [0, ["42", "WorkerLostError", "44", "CapturedVariableError"]],
        end.stderr,
      );
    } finally {
      server.close();
    }
  });
}
