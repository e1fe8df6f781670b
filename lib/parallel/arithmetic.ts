/**
 * Sums and products.
 *
 * @module
 */

import type { LeafValues } from "../jobs/collect.ts";
import { MAX_LEAVES } from "../jobs/job.ts";
import { allocate, holdsBigInts } from "../numeric_array.ts";
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
  const { plan, combine } = planOf(pipeline, operator);
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

function planOf(pipeline: Pipeline, operator: Operator): Combining {
  const { length, shape } = pipeline;
  const leaf = COMBINED[operator];
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
      plan: pipeline.plan(ITEMS, {}, leaf),
      combine: (values) =>
        combine(values.length === 1 ? values : values.flat()),
    };
  }
  let items: Float64Array | undefined;
  return {
    plan: {
      ...pipeline.plan(KEEP_ITEMS, {}, leaf),
      leafData: () => [items = SPARE.pop() ?? newItems()],
    },
    combine(values) {
      if (items === undefined) return combine(values);
      const result = combinedItems(items, values, length, operator);
      if (SPARE.length < MAX_SPARE) SPARE.push(items);
      return result;
    },
  };
}

/**
 * Arrays for the items of loops, which later loops use again: the first time that memory goes to
 * a worker takes longer than the loop. One whose loop has failed does not come back.
 */
const SPARE: Float64Array[] = [];
const MAX_SPARE = 2;

function newItems(): Float64Array {
  return allocate(NUMBERS, MAX_IN_ORDER) as Float64Array;
}

/** @param values What each leaf has returned of {@linkcode KEEP_ITEMS}. */
function combinedItems(
  items: Float64Array,
  values: LeafValues,
  length: number,
  operator: Operator,
): number | bigint | undefined {
  let result: number | undefined;
  values.forEach((value, leaf) => {
    const from = Math.floor(leaf * length / values.length);
    const own = typeof value === "number"
      ? items.subarray(from, from + value)
      : value as unknown[];
    result = combined(own, operator, result) as number | undefined;
  });
  return result;
}

/** Returns the items of a leaf. */
const ITEMS: LeafCode = {
  before: "const items = [];",
  each: (code, item) => code.line(`items.push(${orNaN(item)});`),
  after: "return items;",
};

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
      `else (others ??= Array.from(${items}.subarray(from, n))).push(${
        orNaN(item)
      });`,
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

/** The sum, or the product, of the items of a leaf; undefined if there are none. */
const COMBINED = {
  "+": combinedCode("+", "-0"), // With 0, the sum of -0 would be 0.
  "*": combinedCode("*", "1"),
};

/** @param neutral The number that changes none that it is combined with. */
function combinedCode(operator: Operator, neutral: string): LeafCode {
  return {
    before: `let result = ${neutral}, isEmpty = true;`,
    each(code, item) {
      // As long as only this runs, engines know that the result is a number.
      code.line(
        `if (typeof ${item} === "number") { result ${operator}= ${item}; isEmpty = false; }`,
      );
      code.line("else {");
      code.line(
        `result = isEmpty ? ${orNaN(item)} : result ${operator} ${item};`,
      );
      code.line("isEmpty = false;\n}");
    },
    after: "return isEmpty ? undefined : result;",
  };
}

/** An item that is undefined makes the result NaN, as with `+` and `Math.min()`. */
export function orNaN(item: string): string {
  return `${item} === undefined ? NaN : ${item}`;
}
