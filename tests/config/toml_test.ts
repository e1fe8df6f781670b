import assert from "node:assert/strict";
import { parse } from "@std/toml";
import { parseToml } from "../../lib/config/toml.ts";
import { test } from "../support/test.ts";

// The parser of the standard library does less than the one that stands in for it here.

/** Takes the last value of a key that stands there twice. */
function lenient(text: string): Record<string, unknown> {
  const kept = text.split("\n").filter((line, index, lines) => {
    const [key] = line.split("=", 1);
    return !line.includes("=") ||
      !lines.slice(index + 1).some((other) => other.startsWith(`${key}=`));
  });
  return parse(kept.join("\n"));
}

test("A key that stands twice is a problem although the parser takes its last value", () => {
  const twice = '# prefix = 1\nprefix = "a"\ncpuset = "0"\nprefix = "b"\n';
  assert.equal(lenient(twice).prefix, "b");
  assert.deepEqual(parseToml(twice, lenient), {
    problem: "not valid TOML: prefix stands twice",
    position: { line: 4, column: 1 },
  });
  const once = 'prefix = "a"\n[table]\nprefix = "b"\n';
  assert.ok("entries" in parseToml(once, parse));
});

test("The key __proto__ is not lost although the parser loses it", () => {
  const parse = () => ({ prefix: "a" });
  const text = 'prefix = "a"\n__proto__.x = 1\n';
  assert.deepEqual(parseToml(text, parse), {
    entries: [
      {
        key: "__proto__",
        value: undefined,
        position: { line: 2, column: 1 },
      },
      { key: "prefix", value: "a", position: { line: 1, column: 1 } },
    ],
  });
});
