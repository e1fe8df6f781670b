import assert from "node:assert/strict";
import process from "node:process";
import { exitOnlyOnce } from "../../lib/worker/exit.ts";
import { test } from "../support/test.ts";

interface ExitingProcess {
  reallyExit(code?: number): void;
}

const exiting = process as unknown as ExitingProcess;

/** Runs `use` with a process that notes the codes with which it would exit. */
function withoutExits(use: (codes: unknown[]) => void): void {
  const { reallyExit } = exiting;
  const codes: unknown[] = [];
  exiting.reallyExit = (code) => void codes.push(code);
  try {
    use(codes);
  } finally {
    exiting.reallyExit = reallyExit;
  }
}

test("A worker that exits a second time gets an error", () => {
  withoutExits((codes) => {
    exitOnlyOnce(() => false);
    exiting.reallyExit(3);
    assert.throws(() => exiting.reallyExit(4), /the worker is ending already/);
    assert.deepEqual(codes, [3]);
  });
});

test("A worker that exits after the runtime has stopped gets an error", () => {
  withoutExits((codes) => {
    let hasStopped = false;
    exitOnlyOnce(() => hasStopped);
    hasStopped = true;
    assert.throws(() => exiting.reallyExit(0), /the worker is ending already/);
    assert.deepEqual(codes, []);
  });
});
