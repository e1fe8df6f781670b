import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { newWorker } from "../../lib/pool/new_worker.ts";
import { HERE } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const ENTRY = new URL("../../lib/worker/entry.js", import.meta.url);
const LOAD = "await importModule(";
const WAIT = "await new Promise((resolve) => setTimeout(resolve, 200));\n";

const onDeno = HERE === "Deno"
  ? test
  : (name: string) => skip(name, "only Deno runs entry.js");

// On a busy machine, a runtime is often planned before its first worker has loaded its modules.
onDeno(
  "A worker gets messages that were posted while it loaded its modules",
  async () => {
    const source = readFileSync(ENTRY, "utf8");
    assert.ok(source.includes(LOAD));
    const folder = mkdtempSync(join(tmpdir(), "loom-entry-"));
    try {
      const path = join(folder, "slow_entry.js");
      const slow = source.replace(LOAD, WAIT + LOAD)
        .replace("import.meta.url", JSON.stringify(ENTRY.href));
      writeFileSync(path, slow);
      const { promise, resolve } = Promise.withResolvers<unknown>();
      let error: unknown;
      const worker = newWorker(pathToFileURL(path), "early", undefined, {
        message: () => {},
        error: (reason) => error = reason,
        exit: () => resolve(error),
      });
      // It is no plan: the worker ends when it reads it.
      worker.postMessage({}, []);
      assert.ok(await promise instanceof Error);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
