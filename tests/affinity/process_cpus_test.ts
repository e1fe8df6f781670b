/**
 * What isolates, copies of the library and child programs know about the CPUs of a process
 * whose threads are pinned.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { allowedCpus, currentThread } from "../../lib/affinity/pin.ts";
import { ProcessRecord } from "../../lib/affinity/process_record.ts";
import { withLibraryCopies } from "../support/library_copy.ts";
import { runProgram } from "../support/program.ts";
import { skip, test } from "../support/test.ts";

const { cpus } = allowedCpus();
const needsTwoCpus = process.platform === "linux" && cpus.length > 1
  ? test
  : (name: string) => skip(name, "needs Linux and two CPUs");

needsTwoCpus(
  "Isolates and copies of the library leave each other's threads pinned",
  () =>
    withLibraryCopies(["one", "other"], async (folder) => {
      const end = await runProgram("isolates.ts", [folder]);
      assert.equal(end.code, 0, end.stderr);
      const { planned, both, isolateAfter, withCopy, after } = JSON.parse(
        end.stdout,
      );
      assert.deepEqual(planned, cpus, "the isolate knows all CPUs");
      assert.equal(both.main.length, 1);
      assert.equal(both.isolate.length, 1);
      for (const worker of both.workers) assert.equal(worker.length, 1);
      assert.deepEqual(isolateAfter, cpus);
      assert.deepEqual(withCopy, both.main, "one copy still pins the thread");
      assert.deepEqual(after, cpus);
    }),
);

const needsTaskset = spawnSync("taskset", ["--version"]).status === 0
  ? needsTwoCpus
  : (name: string) => skip(name, "needs taskset");

needsTaskset(
  "A child program finds the CPUs of the program whose pinned thread started it",
  async () => {
    const end = await runProgram("plans_in_child.ts");
    assert.equal(end.code, 0, end.stderr);
    const [inherited, narrowed] = end.stdout.trim().split("\n")
      .map((line) => JSON.parse(line));
    assert.equal(inherited.kernel.length, 1);
    assert.deepEqual(inherited.process, cpus);
    // The mask of no thread that started it: somebody has chosen it.
    assert.equal(narrowed.kernel.length, 1);
    assert.deepEqual(narrowed.process, narrowed.kernel);
  },
);

needsTwoCpus("A process has one record, which keeps what it is told", () => {
  const record = ProcessRecord.findOrCreate()!;
  assert.equal(ProcessRecord.findOrCreate()?.file, record.file);
  const threadId = currentThread();
  const other = threadId + 100_000;
  record.cpus = [0, 70, 4_095];
  assert.deepEqual(record.cpus, [0, 70, 4_095]);
  record.cpus = cpus;
  assert.deepEqual(record.cpus, cpus);
  assert.equal(record.thread(other), undefined);
  record.setThread(other, { cpu: 0, reservation: 7 });
  assert.deepEqual(record.thread(other), { cpu: 0, reservation: 7 });
  assert.equal(record.pinnedCpu(threadId), null);
  assert.ok(!record.pinnedCpus().has(4_095), "the other thread does not run");
  record.setThread(other, undefined);
  assert.equal(record.thread(other), undefined);
  const seen = ProcessRecord.readOf(process.pid, (again) => again.cpus);
  assert.deepEqual(seen, cpus);
  assert.equal(ProcessRecord.readOf(1, () => "read") ?? "none", "none");
});
