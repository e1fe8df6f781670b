import assert from "node:assert/strict";
import { runProgram } from "../support/program.ts";
import { test } from "../support/test.ts";

for (const system of ["darwin", "win32"]) {
  test(`On ${system}, runtimes work unpinned, say so once, and open no library`, async () => {
    const end = await runProgram("other_system.ts", [system]);
    assert.deepEqual(
      [end.stdout.trim(), end.stderr.trim(), end.code],
      [
        "[1,2]",
        "loom: threads run unpinned: pinning needs Linux; all else works",
        0,
      ],
    );
  });
}

test("On another system, loom doctor says so, and opens no library", async () => {
  const { stdout, stderr } = await runProgram("other_system.ts", [
    "darwin",
    "doctor",
  ]);
  assert.match(stdout, /pinning needs Linux, and this is darwin/, stderr);
  assert.doesNotMatch(stdout, /lib(c|hwloc)|NVML/);
});

test("Where the kernel forbids to pin, runtimes work unpinned and say so once", async () => {
  const end = await runProgram("forbids_pinning.ts");
  assert.deepEqual([end.stdout.trim(), end.code], ["[1,2]", 0], end.stderr);
  assert.match(
    end.stderr,
    /^loom: threads are not pinned as planned: Cannot set .* EPERM \(not permitted\)\n$/,
  );
});
