/**
 * The floors: bare bridges of one worker that show what the runtime allows. See
 * bench/floor/README.md.
 *
 * @module
 */

import { NumbersFloor } from "../floor/numbers.ts";
import { ValuesFloor } from "../floor/values.ts";
import { MAX_VALUE_BYTES } from "../floor/values_layout.ts";
import type { Contender } from "../harness/benchmark.ts";
import type { Recorder } from "../harness/recorder.ts";
import type { Pool } from "./pool.ts";

/** The name of both floors; a benchmark has one of them. */
const FLOOR = "floor";

/** The floor for calls that carry a number. */
export function floorForNumbers(
  measure: (pool: Pick<Pool, "addOne">, recorder: Recorder) => Promise<void>,
): Contender {
  return {
    name: FLOOR,
    measure: async (recorder) => {
      const floor = await NumbersFloor.start();
      await measure({ addOne: (n) => floor.addOne(n) }, recorder);
    },
  };
}

/**
 * The floor for calls that carry values, one after another.
 *
 * @param samples Values of every shape that calls will carry.
 */
export function floorForValues(
  measure: (
    pool: Pick<Pool, "echo" | "maxValueBytes">,
    recorder: Recorder,
  ) => Promise<void>,
  samples: readonly unknown[],
): Contender {
  return {
    name: FLOOR,
    measure: async (recorder) => {
      const floor = await ValuesFloor.start(samples);
      const echo = <T>(value: T) => floor.echo(value);
      await measure({ echo, maxValueBytes: MAX_VALUE_BYTES }, recorder);
    },
  };
}
