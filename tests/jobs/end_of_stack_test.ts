import assert from "node:assert/strict";
import { join, parRange } from "../../mod.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

const ENOUGH = 50;

/**
 * Runs `loop` at the end of the stack and while it unwinds, until it has had a result often
 * enough; returns what came of it.
 */
function runAtEndOfStack(loop: () => number): (number | Error)[] {
  const outcomes: (number | Error)[] = [];
  let results = 0;
  const deep = (): void => {
    try {
      deep();
    } catch {
      // No stack is left: the loops begin here.
    }
    if (results >= ENOUGH) return;
    try {
      outcomes.push(loop());
      results++;
    } catch (error) {
      outcomes.push(error as Error);
    }
  };
  deep();
  return outcomes;
}

for (
  const [what, loop, expected] of [
    ["loop", () => parRange(0, 64).map((n) => n * 2).sum(), 4_032],
    ["short loop", () => parRange(0, 3).sum(), 3],
    ["join", () => join([() => 1], [() => 2]).reduce((a, b) => a + b), 3],
  ] as const
) {
  test(`A ${what} near the end of the stack gives its result or an error`, async () => {
    await using runtime = await sharedRuntime(1);
    assert.equal(runtime.install(loop), expected);
    const outcomes = runtime.install(() => runAtEndOfStack(loop));
    for (const outcome of outcomes) {
      if (typeof outcome === "number") assert.equal(outcome, expected);
      else assert.match(String(outcome), /stack/i);
    }
    assert.ok(outcomes.some((outcome) => typeof outcome === "number"));
    assert.ok(outcomes.some((outcome) => typeof outcome !== "number"));
    assert.equal(runtime.install(loop), expected);
  });
}
