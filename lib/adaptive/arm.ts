/**
 * What is known of the cost of one of the two ways to run a function.
 *
 * @module
 */

// An arm, in float64 values of the array that it lies in.
//   name    meaning
//   COUNT   observations, of which older ones count less
//   MEAN    mean of the logarithms of the cost in microseconds
//   SQUARES sum of the squared deviations from it
//   RECENT  the same mean of the last few observations
//   SPREAD  standard deviation of what MEAN is known to be
const COUNT = 0;
const MEAN = 1;
const SQUARES = 2;
const RECENT = 3;
const SPREAD = 4;

/** Float64 values of one arm. */
export const ARM_FLOATS = 5;

/** Costs below this are not told apart. */
const LEAST_US = 0.02;

/** The variance while it is not known, and the least: no cost is known exactly. */
const FIRST_VARIANCE = 1;
const LEAST_VARIANCE = 0.01;

/** The part of one observation in RECENT. */
const RECENT_PART = 0.15;
/** RECENT and MEAN differ by so much, a factor of 2.7, when the function has changed. */
const CHANGE = 1;
/** As many observations count after that. */
const COUNT_AFTER_CHANGE = 8;

/**
 * Of so few observations, those before a much lower one are dropped: the engine compiled the
 * function meanwhile, or a worker woke up.
 */
const FEW = 3;
const MUCH_LOWER = Math.LN2;

/** Adds the observation of a cost. */
export function observe(
  floats: Float64Array,
  arm: number,
  costUs: number,
  weight: number,
  decay: number,
): void {
  const cost = Math.log(Math.max(costUs, LEAST_US));
  const known = floats[arm + COUNT] * decay;
  if (known < FEW && cost < floats[arm + MEAN] - MUCH_LOWER) {
    return restart(floats, arm, cost, weight);
  }
  const count = known + weight;
  const delta = cost - floats[arm + MEAN];
  const mean = floats[arm + MEAN] + weight * delta / count;
  floats[arm + COUNT] = count;
  floats[arm + MEAN] = mean;
  floats[arm + SQUARES] = floats[arm + SQUARES] * decay +
    weight * delta * (cost - mean);
  const part = Math.max(RECENT_PART, weight / count);
  floats[arm + RECENT] += part * (cost - floats[arm + RECENT]);
  const recent = floats[arm + RECENT];
  if (Math.abs(recent - mean) > CHANGE && count > 2 * COUNT_AFTER_CHANGE) {
    floats[arm + SQUARES] *= COUNT_AFTER_CHANGE / count;
    floats[arm + COUNT] = COUNT_AFTER_CHANGE;
    floats[arm + MEAN] = recent;
  }
  updateSpread(floats, arm);
}

function restart(
  floats: Float64Array,
  arm: number,
  cost: number,
  weight: number,
): void {
  floats[arm + COUNT] = weight;
  floats[arm + MEAN] = floats[arm + RECENT] = cost;
  floats[arm + SQUARES] = 0;
  updateSpread(floats, arm);
}

/** The observations count less, as others were made meanwhile of the other arm. */
export function age(floats: Float64Array, arm: number, decay: number): void {
  floats[arm + COUNT] *= decay;
  floats[arm + SQUARES] *= decay;
  updateSpread(floats, arm);
}

/** Whether anything is known of the arm. */
export function isKnown(floats: Float64Array, arm: number): boolean {
  return floats[arm + COUNT] >= 0.5;
}

/** How many observations count. */
export function countOf(floats: Float64Array, arm: number): number {
  return floats[arm + COUNT];
}

/** A cost that the arm may well have, as a logarithm, by a standard normal number. */
export function sample(
  floats: Float64Array,
  arm: number,
  normal: number,
): number {
  return floats[arm + MEAN] + floats[arm + SPREAD] * normal;
}

function updateSpread(floats: Float64Array, arm: number): void {
  const count = floats[arm + COUNT];
  const variance = count < 2
    ? FIRST_VARIANCE
    : Math.max(floats[arm + SQUARES] / (count - 1), LEAST_VARIANCE);
  floats[arm + SPREAD] = Math.sqrt(variance / Math.max(count, 0.5));
}
