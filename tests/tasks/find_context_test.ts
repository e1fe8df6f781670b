import assert from "node:assert/strict";
import { mayFindContext } from "../../lib/tasks/left_work.ts";
import { functionExpression } from "../../lib/tasks/expression.ts";
import type { AnyFunction } from "../../lib/tasks/function.ts";
import { currentRuntime, parIter } from "../../mod.ts";
import { test } from "../support/test.ts";

test("Only functions that reach the thread, or make calls, may find their context", () => {
  const may = (fn: AnyFunction) =>
    mayFindContext({
      kind: "source",
      source: functionExpression(fn, "spawnCompute"),
    });
  assert.ok(!may((n: number) => n + 1));
  assert.ok(
    !may(function sum(a: number[]) {
      return a.reduce((x, y) => x + y);
    }),
  );
  assert.ok(may(() => Object.keys(globalThis)));
  assert.ok(may(() => parIter([1]).toArray()));
  assert.ok(may(() => currentRuntime().inFlight));
  assert.ok(may(async () => await 1));
  assert.ok(mayFindContext({ kind: "module", url: "file:///a.ts", name: "a" }));
});
