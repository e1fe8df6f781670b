import assert from "node:assert/strict";
import { setMemoryPolicy } from "../../ffi/memory_policy.ts";
import { pageNodes, policyOf, tellsPages } from "../support/pages.ts";
import { skip, test } from "../support/test.ts";

const MIB = 1024 ** 2;

const needsPages = tellsPages()
  ? test
  : (name: string) =>
    skip(name, "needs a kernel that reports NUMA nodes of pages");

needsPages("setMemoryPolicy() sets the policy that the kernel reports", () => {
  for (const policy of ["prefer", "interleave"] as const) {
    for (const options of [{}, { maxByteLength: 8 * MIB }]) {
      const buffer = new SharedArrayBuffer(MIB, options);
      const bytes = new Uint8Array(buffer, 0, MIB);
      assert.deepEqual(setMemoryPolicy(bytes, policy, [0]), {
        ok: true,
        value: undefined,
      });
      assert.equal(policyOf(buffer), `${policy}:0`);
    }
  }
});

needsPages(
  "Pages that were in use are allocated again at the next write",
  () => {
    const buffer = new SharedArrayBuffer(MIB);
    const bytes = new Uint8Array(buffer);
    bytes.fill(0); // as a runtime clears memory before reuse
    assert.ok(pageNodes(buffer).every((node) => node === 0));
    assert.ok(setMemoryPolicy(bytes, "prefer", [0]).ok);
    assert.ok(pageNodes(buffer).every((node) => node === null));
    assert.ok(bytes.every((byte) => byte === 0));
  },
);

needsPages("A page that is only partially in the memory is not changed", () => {
  const buffer = new SharedArrayBuffer(MIB);
  assert.ok(setMemoryPolicy(new Uint8Array(buffer), "interleave", [0]).ok);
  const lessThanAPage = new Uint8Array(buffer, 1, 4095);
  assert.ok(setMemoryPolicy(lessThanAPage, "prefer", [0]).ok);
  assert.equal(policyOf(buffer, 0), "interleave:0");
  assert.equal(policyOf(buffer, 1), "interleave:0");
});
