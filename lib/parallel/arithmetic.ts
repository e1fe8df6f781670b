/**
 * Sums and products.
 *
 * @module
 */

import type { LeafValues } from "../jobs/collect.ts";
import { MAX_LEAVES } from "../jobs/job.ts";
import { allocate, holdsBigInts } from "../numeric_array.ts";
import { TO_ARRAY } from "./collect.ts";
import type { Operation } from "./operation.ts";
import { NUMBERS, type Pipeline } from "./pipeline.ts";
import type { LeafCode } from "./shape.ts";

/**
 * So many items are added as in a plain loop, whoever runs their functions. Of more, each leaf
 * adds its own, which rounds otherwise: it is then long enough to make up for its call.
 */
const MAX_IN_ORDER = 100 * MAX_LEAVES;

type Operator = "+" | "*";

/** The sum, or the product, of all items. */
export function arithmetic(
  pipeline: Pipeline,
  operator: Operator,
): Operation<number | bigint> {
  const isBigInt = holdsBigInts(pipeline.type);
  const neutral = operator === "+" ? 0 : 1;
  const { plan, combine } = planOf(
    pipeline,
    (isBigInt ? OF_ANY : OF_NUMBERS)[operator],
    operator,
  );
  return {
    plan,
    finish(values) {
      const result = combine(values);
      if (result === undefined) return isBigInt ? BigInt(neutral) : neutral;
      // A sequential sum starts with 0, so it is never -0.
      return typeof result === "number" && operator === "+"
        ? 0 + result
        : result;
    },
  };
}

interface Combining {
  readonly plan: Operation<unknown>["plan"];
  /** Combines the results of leaves; undefined if there is nothing to combine. */
  readonly combine: (values: LeafValues) => number | bigint | undefined;
}

function planOf(
  pipeline: Pipeline,
  leaf: LeafCode,
  operator: Operator,
): Combining {
  const { length, shape } = pipeline;
  const combine = (values: LeafValues) => combined(values, operator);
  if (length > MAX_IN_ORDER) {
    return { plan: pipeline.plan(leaf, {}, null), combine };
  }
  if (length <= MAX_LEAVES) {
    // What a leaf returns is an item.
    return { plan: pipeline.plan(leaf), combine };
  }
  if (shape.expands) {
    return {
      plan: pipeline.plan(TO_ARRAY, {}, leaf),
      combine: (values) =>
        combine(values.length === 1 ? values : values.flat()),
    };
  }
  let items: Float64Array | undefined;
  const leafData = () => [items = allocate(NUMBERS, length) as Float64Array];
  return {
    plan: { ...pipeline.plan(KEEP_ITEMS, {}, leaf), leafData },
    combine(values) {
      if (items === undefined) return combine(values);
      const counts = values as (number | unknown[])[];
      return counts.reduce<number | undefined>((result, count, leaf) => {
        const from = Math.floor(leaf * length / counts.length);
        const own = typeof count === "number"
          ? items!.subarray(from, from + count)
          : count;
        return combined(own, operator, result) as number | undefined;
      }, undefined);
    },
  };
}

/**
 * Writes the items of a leaf into an array, and returns their number; or returns them if not all
 * are numbers.
 */
const KEEP_ITEMS: LeafCode = {
  before: "let n = from, others;",
  each(code, item) {
    const items = code.datum();
    code.line(
      `if (typeof ${item} === "number" && others === undefined) ${items}[n++] = ${item};`,
    );
    code.line(
      `else (others ??= Array.from(${items}.subarray(from, n))).push(${item});`,
    );
  },
  after: "return others ?? n - from;",
};

/** Combines values from the first to the last, as a leaf does its items. */
function combined(
  values: ArrayLike<unknown>,
  operator: Operator,
  first?: number,
): number | bigint | undefined {
  let result = first;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number | undefined;
    if (result === undefined) result = value;
    else if (value !== undefined) {
      result = operator === "+" ? result + value : result * value;
    }
  }
  return result;
}

/** For items of any type. */
const OF_ANY = both((operator) => ({
  before: "let isEmpty = true, result = 0;",
  each(code, item) {
    code.line(`if (isEmpty) { isEmpty = false; result = ${item}; }`);
    code.line(`else result ${operator}= ${item};`);
  },
  after: "return isEmpty ? undefined : result;",
}));

/**
 * The same, faster for numbers. They begin with the number that changes none of them, because a
 * test for the first item in each round makes V8's code up to twice as slow.
 */
const OF_NUMBERS = both((operator) => {
  // 0 would make a sum of -0 a 0.
  const neutral = operator === "+" ? "-0" : "1";
  return {
    before: `let result = ${neutral};`,
    each(code, item) {
      code.line(
        `if (typeof ${item} === "number") result ${operator}= ${item};`,
      );
      // As long as it does not run, engines know that the result is a number.
      code.line(
        `else result = Object.is(result, ${neutral}) ? ${item} : result ${operator} ${item};`,
      );
    },
    // Without items, or if they change nothing: the neutral number, which may meet bigints.
    after: `return Object.is(result, ${neutral}) ? undefined : result;`,
  };
});

function both(
  make: (operator: Operator) => LeafCode,
): Readonly<Record<Operator, LeafCode>> {
  return { "+": make("+"), "*": make("*") };
}
