import assert from "node:assert/strict";
import { observeCalls } from "../../lib/current.ts";
import type { Ending } from "../../lib/observers/observers.ts";
import { task } from "../../mod.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

test("A call succeeds although its worker cannot load what observes it", async () => {
  await using runtime = await unpinned(1).build();
  const nowhere = new URL("./nowhere.ts", import.meta.url).href;
  const endings: Ending[] = [];
  const stop = observeCalls({
    begin: () => ({
      wrapper: {
        task: task(nowhere, "nothing"),
        value: undefined,
        isContext: false,
      },
      runHere: (fn) => fn(),
      end: (ending) => endings.push(ending),
    }),
  });
  const double = (n: number) => n * 2;
  assert.equal(await runtime.spawnCompute(double, 2), 4);
  assert.equal(await runtime.spawnCompute(double, 3), 6);
  assert.deepEqual(await Array.fromAsync(runtime.computeMap([4], double)), [8]);
  stop();
  assert.deepEqual(
    endings.map(({ outcome, items }) => [outcome, items]),
    [["ok", undefined], ["ok", undefined], ["ok", 1]],
  );
});

test("Several observers watch the same call, the first one outermost", async () => {
  await using runtime = await unpinned(1).build();
  const seen: string[] = [];
  const stops = ["a", "b"].map((name) =>
    observeCalls({
      begin: () => {
        seen.push(`${name} begins`);
        return {
          runHere: (fn) => {
            seen.push(`${name} runs`);
            return fn();
          },
          end: ({ outcome }) => seen.push(`${name} ${outcome}`),
        };
      },
    })
  );
  await runtime.spawnAsync(() => seen.push("call"));
  await runtime.spawnCompute((n: number) => n, 1);
  for (const stop of stops) stop();
  await runtime.spawnCompute((n: number) => n, 1);
  const begun = ["a begins", "b begins"];
  const ended = ["a ok", "b ok"];
  assert.deepEqual(seen, [
    ...begun,
    "a runs",
    "b runs",
    "call",
    ...ended,
    ...begun,
    ...ended,
  ]);
});
