/**
 * The memory of a process that has sent large values, as the kernel counts it.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { runProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const linuxTest = process.platform === "linux"
  ? test
  : (name: string) => skip(name, "no /proc");

for (const type of ["bytes", "string"]) {
  for (const direction of ["argument", "result"]) {
    linuxTest(
      `An idle process gives the memory of 200 MB back: ${type}, ${direction}`,
      async () => {
        const { code, stdout, stderr } = await runProgram("large_value.ts", [
          type,
          direction,
        ]);
        assert.equal(code, 0, stderr);
        const { peakMb } = JSON.parse(stdout);
        // Otherwise it says nothing that the process is small in the end.
        assert.ok(peakMb > 300, `${peakMb} MB`);
      },
    );
  }
}

linuxTest(
  "An idle process gives the memory of many calls with 1 MB back",
  async () => {
    const { code, stderr } = await runProgram("large_value.ts", [
      "bytes",
      "both",
    ]);
    assert.equal(code, 0, stderr);
  },
);
