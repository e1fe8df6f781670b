import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { BENCHMARKS, loadBenchmark } from "../../bench/benchmarks.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

test("Every file of bench/ that holds a benchmark is in the list, under its name", async () => {
  const holding = readdirSync(`${ROOT}/bench`).filter((name) =>
    name.endsWith(".ts") &&
    readFileSync(`${ROOT}/bench/${name}`, "utf8")
      .includes("export const benchmark:")
  );
  assert.deepEqual(
    holding.sort(),
    BENCHMARKS.map((name) => `${name}.ts`).sort(),
  );
  for (const name of BENCHMARKS) {
    const benchmark = await loadBenchmark(name);
    assert.equal(benchmark.name, name);
    assert.equal(benchmark.contenders[0].name, "loom");
  }
});

test("A benchmark that does not exist is refused with a list of those that do", async () => {
  await assert.rejects(loadBenchmark("speed"), {
    message: `No such benchmark: speed. There are: ${BENCHMARKS.join(", ")}`,
  });
});
