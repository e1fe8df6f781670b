import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { loadQuestion, QUESTIONS } from "../../bench/benchmarks.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

test("Every file of bench/ that asks a question is in the list, under its name", async () => {
  const asking = readdirSync(`${ROOT}/bench`).filter((name) =>
    name.endsWith(".ts") &&
    readFileSync(`${ROOT}/bench/${name}`, "utf8")
      .includes("export const question:")
  );
  assert.deepEqual(asking.sort(), QUESTIONS.map((name) => `${name}.ts`).sort());
  for (const name of QUESTIONS) {
    const question = await loadQuestion(name);
    assert.equal(question.name, name);
    assert.equal(question.subjects[0].name, "loom");
  }
});

test("A question that does not exist is refused with a list of those that do", async () => {
  await assert.rejects(loadQuestion("speed"), {
    message: `No such question: speed. There are: ${QUESTIONS.join(", ")}`,
  });
});
