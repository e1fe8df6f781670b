import assert from "node:assert/strict";
import { HERE, runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

const EXAMPLE = "../../../examples/opentelemetry.ts";

test("The example prints a tree of spans from several threads", async () => {
  const { code, stdout, stderr } = await runProgram(EXAMPLE);
  assert.equal(code, 0, stderr);
  const spans = stdout.matchAll(/^(\S+): (.+), (\w+) in (.+)$/gm)
    .map(([, thread, name, id, parent]) => ({ thread, name, id, parent }))
    .toArray();
  const childrenOf = (id: string) =>
    spans.filter(({ parent }) => parent === id);
  const [root, ...others] = childrenOf("no span");
  assert.deepEqual([root.thread, root.name], ["main", "request"]);
  assert.deepEqual(others, []);
  const [sum] = childrenOf(root.id);
  assert.equal(sum.name, "compute sumOfSquares");
  const squares = childrenOf(sum.id);
  assert.deepEqual(
    squares.map(({ name }) => name),
    Array(3).fill("compute square"),
  );
  for (const { id, thread } of squares) {
    assert.match(thread, /^demo-compute-/);
    assert.deepEqual(childrenOf(id).map(({ name }) => name), ["multiply"]);
  }
  assert.equal(spans.length, 8);
});

if (HERE === "Deno") {
  test("Deno's own telemetry has the spans of all threads, without a provider", async () => {
    const { code, stdout, stderr } = await runProgram("own_telemetry.ts", [], {
      env: { OTEL_DENO: "true", OTEL_EXPORTER_OTLP_PROTOCOL: "console" },
    });
    assert.equal(code, 0, stderr);
    // deno-lint-ignore no-control-regex -- it writes in colour
    const text = `${stdout}${stderr}`.replaceAll(/\x1b\[\d+(;\d+)*m/g, "");
    const spans = new Map(
      text.matchAll(/^SPAN (.+) \[\w+\/(\w+)\].*\n(?: +parent: (\w+))?/gm)
        .map(([, name, id, parent]) => [name, { id, parent }] as const),
    );
    const parents = ["in leaf", "compute leaf", "compute middle", "root"];
    for (const [i, name] of parents.entries()) {
      const parent = spans.get(parents[i + 1])?.id;
      assert.ok(spans.has(name), text);
      assert.equal(spans.get(name)!.parent, parent, text);
    }
  });
}
