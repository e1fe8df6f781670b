/**
 * How long does one small call take, one after another?
 *
 *     deno task bench latency        bun run bench latency
 *
 * A call is `(n) => n + 1` on the one worker of a pool; each is awaited before the next.
 *
 * @module
 */

import { ask } from "./harness/rounds.ts";
import type { Question } from "./harness/benchmark.ts";
import { percentiles } from "./harness/timing.ts";
import { poolSubjects } from "./contenders/list.ts";
import { floorSubject } from "./programs/floor.ts";
import { nativeSubject } from "./contenders/native.ts";

/** The question of this file. */
export const question: Question = {
  name: "latency",
  asks: "How long does one small call take, one after another?",
  figures: {
    p50: { label: "half of the calls are faster than", unit: "us", at: 50 },
    p90: { label: "90 of 100 are faster than", unit: "us", at: 90 },
    p99: { label: "99 of 100 are faster than", unit: "us", at: 99 },
    p999: { label: "999 of 1,000 are faster than", unit: "us", at: 99.9 },
  },
  subjects: [
    ...poolSubjects(async (pool, budget) => {
      let n = 0;
      if (await pool.addOne(n) !== 1) throw new Error("wrong result");
      return { ...await percentiles(() => pool.addOne(n++), budget) };
    }),
    floorSubject("latency"),
    nativeSubject("latency"),
  ],
};

if (import.meta.main) await ask(question);
