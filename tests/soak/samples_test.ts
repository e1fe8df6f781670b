import assert from "node:assert/strict";
import process from "node:process";
import { judge, type Sample, sampleProcess } from "./samples.ts";
import { test } from "../support/test.ts";

/** Forty samples; `change` gets the number of each. */
function samples(change: (n: number) => Partial<Sample>): Sample[] {
  return Array.from({ length: 40 }, (_, n) => ({
    rssMb: 100 + n % 3,
    threads: 9 + n % 2,
    descriptors: 20,
    ...change(n),
  }));
}

test("judge() accepts a program that stays within bounds", () => {
  assert.deepEqual(judge(samples(() => ({}))).problems, []);
});

test("judge() reports memory that has grown by more than 5 %", () => {
  const grown = judge(samples((n) => ({ rssMb: 100 + n / 4 })));
  assert.deepEqual(grown.problems, ["memory has grown from 101 to 109 MiB"]);
  const almost = judge(samples((n) => ({ rssMb: 100 + n / 10 })));
  assert.deepEqual(almost.problems, []);
});

test("judge() reports threads and descriptors that stay", () => {
  const { problems } = judge(
    samples((n) => n < 20 ? {} : { threads: 12, descriptors: 23 }),
  );
  assert.deepEqual(problems, [
    "threads have grown from 9 to 12",
    "descriptors have grown from 20 to 23",
  ]);
  const few = samples((n) => n < 20 ? {} : { threads: 11, descriptors: 22 });
  assert.deepEqual(judge(few).problems, []);
});

test("sampleProcess() reads this process, and none that has ended", () => {
  const sample = sampleProcess(process.pid)!;
  assert.ok(sample.rssMb > 1 && sample.threads >= 1 && sample.descriptors >= 1);
  assert.equal(sampleProcess(2 ** 22 + 1), undefined);
});
