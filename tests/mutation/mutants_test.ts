import assert from "node:assert/strict";
import { test } from "../support/test.ts";
import { applyMutant, describeMutant, mutantsOf } from "./mutants.ts";

const SOURCE = `import { a } from "./a === b.ts";

/** Whether 1 < 2. */
export interface Sized {
  readonly size: Map<string, number>;
}

export function isReady(count: number, name = "x === y"): boolean {
  // if (count) ...
  if (count === 0) return true;
  this.notify(count);
  return count < 2 && name !== \`a + b\`;
}
`;

test("Code is changed, and neither comments, strings, types nor imports", () => {
  const changed = mutantsOf(SOURCE).map((mutant) =>
    describeMutant(SOURCE, mutant).split("  =>  ")[1]
  );
  assert.deepEqual(changed, [
    "if (!(count === 0)) return true;",
    "if (count !== 0) return true;",
    "if (count === 0 + 1) return true;",
    "if (count === 0) return false;",
    ";",
    "return count <= 2 && name !== `a + b`;",
    "return count < 2 + 1 && name !== `a + b`;",
    "return count < 2 || name !== `a + b`;",
    "return count < 2 && name === `a + b`;",
  ]);
});

test("A change keeps the rest of the source", () => {
  for (const mutant of mutantsOf(SOURCE)) {
    const changed = applyMutant(SOURCE, mutant);
    assert.equal(
      changed.length - SOURCE.length,
      mutant.replacement.length - mutant.text.length,
    );
    assert.equal(
      changed.slice(0, mutant.start),
      SOURCE.slice(0, mutant.start),
    );
    assert.notEqual(changed, SOURCE);
  }
});
