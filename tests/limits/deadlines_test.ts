import assert from "node:assert/strict";
import { Deadlines, type Timed } from "../../lib/limits/deadlines.ts";
import { test } from "../support/test.ts";

/** Records when it is due. */
class Due implements Timed {
  dueMs = 0;
  heapIndex = -1;
  readonly #seen: Due[];
  constructor(seen: Due[]) {
    this.#seen = seen;
  }
  due(): void {
    this.#seen.push(this);
  }
}

test("Deadlines are met in order, moved and removed", async () => {
  const seen: Due[] = [];
  const all = Promise.withResolvers<void>();
  const deadlines = new Deadlines();
  const start = deadlines.now();
  // The same pseudo-random times in each run.
  const entries = Array.from({ length: 500 }, () => new Due(seen));
  entries.forEach((entry, n) => deadlines.set(entry, start + (n * 7919) % 20));
  entries.forEach((entry, n) => {
    if (n % 3 === 0) deadlines.delete(entry);
    if (n % 3 === 1) deadlines.set(entry, start + (n * 104_729) % 25);
  });
  const last = new Due(seen);
  last.due = all.resolve;
  deadlines.set(last, start + 30);
  await all.promise;
  const expected = entries.filter((_, n) => n % 3 !== 0);
  assert.equal(seen.length, expected.length);
  assert.deepEqual(new Set(seen), new Set(expected));
  assert.deepEqual(
    seen.map(({ dueMs }) => dueMs),
    expected.map(({ dueMs }) => dueMs).toSorted((a, b) => a - b),
  );
});

test("Deadlines that are stopped are not met", async () => {
  const seen: Due[] = [];
  const deadlines = new Deadlines();
  deadlines.set(new Due(seen), deadlines.now());
  deadlines.stop();
  const later = Promise.withResolvers<void>();
  const other = new Deadlines();
  const entry = new Due(seen);
  entry.due = later.resolve;
  other.set(entry, deadlines.now() + 2);
  await later.promise;
  assert.deepEqual(seen, []);
});
