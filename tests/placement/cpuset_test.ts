import assert from "node:assert/strict";
import fc from "fast-check";
import { InvalidCpuSetError } from "../../lib/errors.ts";
import {
  formatCpuset,
  intersectCpus,
  MAX_CPU,
  parseCpuset,
  sameCpus,
  subtractCpus,
  uniteCpus,
} from "../../lib/placement/cpuset.ts";
import { sized } from "../support/stress.ts";
import { stressTest, test } from "../support/test.ts";

const cpuSet = fc.uniqueArray(fc.integer({ min: 0, max: MAX_CPU }), {
  minLength: 1,
  maxLength: 50,
});

// Small numbers make consecutive CPUs, and so ranges, likely.
const denseCpuSet = fc.uniqueArray(fc.integer({ min: 0, max: 40 }), {
  minLength: 1,
});

test("parseCpuset() parses CPUs, ranges and strides, sorted and without duplicates", () => {
  const cases: [text: string, cpus: number[]][] = [
    ["5", [5]],
    ["0-7", [0, 1, 2, 3, 4, 5, 6, 7]],
    ["0-3,8-11", [0, 1, 2, 3, 8, 9, 10, 11]],
    ["0,2,4-8", [0, 2, 4, 5, 6, 7, 8]],
    ["0-15:2", [0, 2, 4, 6, 8, 10, 12, 14]],
    ["1-3:5", [1]],
    ["3-3", [3]],
    ["9,0-2,1", [0, 1, 2, 9]],
    [" 0 - 3 : 2 , 8 \n", [0, 2, 8]],
    ["007", [7]],
    ["65535", [65535]],
  ];
  for (const [text, cpus] of cases) {
    assert.deepEqual(parseCpuset(text), cpus, text);
  }
});

test("parseCpuset() reports the problem and its position", () => {
  const cases: [text: string, problem: string][] = [
    ["", "it is empty (position 1)"],
    ["  ", "it is empty (position 1)"],
    ["0-", "the range after CPU 0 has no end (position 3)"],
    [
      "0-x",
      'the range after CPU 0 has no end: "x" is not a digit (position 3)',
    ],
    ["-1", "CPU numbers cannot be negative (position 1)"],
    ["0--1", "CPU numbers cannot be negative (position 3)"],
    ["7-3", "the range 7-3 is reversed (position 3)"],
    ["4-3", "the range 4-3 is reversed (position 3)"],
    ["0-7:0", "the stride of 0-7 is 0 (position 5)"],
    ["0-7:", "the stride of 0-7 is missing (position 5)"],
    ["5:2", "the stride after CPU 5 needs a range before it (position 2)"],
    ["0,", "a CPU number is missing (position 3)"],
    [",0", 'a CPU number is missing: "," is not a digit (position 1)'],
    ["0,,1", 'a CPU number is missing: "," is not a digit (position 3)'],
    ["1 2", 'expected a comma, got "2" (position 3)'],
    ["0-1-2", 'expected a comma, got "-" (position 4)'],
    ["65536", "a CPU number is above the limit of 65535 (position 1)"],
    ["0-1e9", 'expected a comma, got "e" (position 4)'],
    ["0-99999999999", "a CPU number is above the limit of 65535 (position 3)"],
    ["all", 'a CPU number is missing: "a" is not a digit (position 1)'],
  ];
  for (const [text, problem] of cases) {
    assert.throws(() => parseCpuset(text), {
      name: "InvalidCpuSetError",
      message: `Cannot parse cpuset ${JSON.stringify(text)}: ${problem}`,
    });
  }
});

test("formatCpuset() formats ranges in order", () => {
  assert.equal(formatCpuset([]), "");
  assert.equal(formatCpuset([3]), "3");
  assert.equal(formatCpuset([9, 1, 0, 2, 5, 4, 1]), "0-2,4-5,9");
});

test("parseCpuset() is the inverse of formatCpuset() for every set", () => {
  fc.assert(fc.property(fc.oneof(cpuSet, denseCpuSet), (cpus) => {
    const sorted = [...cpus].sort((a, b) => a - b);
    assert.deepEqual(parseCpuset(formatCpuset(cpus)), sorted);
  }));
});

stressTest(
  "parseCpuset() throws only InvalidCpuSetError, for any value",
  () => {
    const nearlyCpuset = fc.string({
      unit: fc.constantFrom(..."0123456789-,: \t:x".split("")),
      maxLength: 12,
    });
    const anything = fc.oneof(
      nearlyCpuset,
      fc.string({ unit: "binary" }),
      fc.anything(),
    );
    fc.assert(
      fc.property(anything, (text) => {
        try {
          for (const cpu of parseCpuset(text as string)) {
            assert.ok(Number.isInteger(cpu) && cpu >= 0 && cpu <= MAX_CPU);
          }
        } catch (error) {
          assert.ok(error instanceof InvalidCpuSetError, String(error));
        }
      }),
      { numRuns: sized(100, 5_000) },
    );
  },
);

test("Set operations return sorted sets and do not change their arguments", () => {
  const left = [3, 1, 2];
  const right = [4, 3];
  assert.deepEqual(intersectCpus(left, right), [3]);
  assert.deepEqual(uniteCpus(left, right), [1, 2, 3, 4]);
  assert.deepEqual(subtractCpus(left, right), [1, 2]);
  assert.equal(sameCpus(left, [1, 2, 3]), true);
  assert.equal(sameCpus(left, [1, 2]), false);
  assert.equal(sameCpus([1, 2], left), false);
  assert.deepEqual(left, [3, 1, 2]);
});
