import assert from "node:assert/strict";
import fc from "fast-check";
import { KERNEL_NAME_BYTES, threadNames } from "../../lib/placement/names.ts";
import { test } from "../support/test.ts";

test("threadNames() shortens only the prefix of the kernel's name", () => {
  const cases: [prefix: string, index: number, kernelName: string][] = [
    ["a", 0, "a-compute-0000"],
    ["ab", 12, "ab-compute-0012"],
    ["verylongprefix", 12, "ve-compute-0012"],
    ["a-b", 1, "a-compute-0001"],
    ["loom", 10_000, "l-compute-10000"],
    ["ö", 1, "ö-compute-0001"],
    ["öö", 1, "ö-compute-0001"],
    ["aö", 1, "a-compute-0001"],
    ["€uro", 1, "compute-0001"],
    ["", 1, "compute-0001"],
    ["\n\0x", 1, "x-compute-0001"],
  ];
  for (const [prefix, index, kernelName] of cases) {
    assert.equal(threadNames(prefix, "compute", index).kernelName, kernelName);
  }
  assert.deepEqual(threadNames("myapp", "async", 3), {
    name: "myapp-async-0003",
    kernelName: "myap-async-0003",
  });
  assert.equal(threadNames("", "async", 3).name, "async-0003");
});

test("A kernel name fits, is valid UTF-8 and starts with a part of the prefix", () => {
  const prefixes = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.string({ unit: fc.constantFrom("a", "ß", "€", "🧵", "-") }),
  );
  fc.assert(fc.property(prefixes, fc.nat(99_999), (prefix, index) => {
    const { kernelName } = threadNames(prefix, "compute", index);
    const bytes = new TextEncoder().encode(kernelName);
    assert.ok(bytes.length <= KERNEL_NAME_BYTES);
    const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    assert.equal(strict.decode(bytes), kernelName);
    const [, start] = /^(?:(.*)-)?compute-\d{4,5}$/su.exec(kernelName) ?? [];
    assert.ok(prefix.startsWith(start ?? ""), kernelName);
  }));
});
