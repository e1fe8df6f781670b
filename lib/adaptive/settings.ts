/**
 * What decides where adaptive calls run.
 *
 * @module
 */

/** The numbers that {@linkcode AdaptivePolicy} decides by. Times are in microseconds. */
export interface AdaptiveSettings {
  /** A function that is expected to run longer than this is always sent. */
  readonly maxInlineUs: number;
  /** The same under pressure: see {@linkcode AdaptiveSettings.highPressure}. */
  readonly maxInlineUnderPressureUs: number;
  /** The pressure from which on {@linkcode AdaptiveSettings.maxInlineUnderPressureUs} counts. */
  readonly highPressure: number;
  /** The pressure of one call or task that waits for the event loop of this thread. */
  readonly inFlightWeight: number;
  /** The highest pressure. */
  readonly maxPressure: number;
  /** By how much, for a pressure of 1, a run on this thread counts as dearer than it is. */
  readonly pressureCost: number;
  /** How much of what was learned one more observation leaves, below 1. */
  readonly decay: number;
  /** The part of one observation in the expected time, from 0 to 1. */
  readonly smoothing: number;
  /** A run on this thread that takes longer than this is a strike. */
  readonly strikeUs: number;
  /** So many strikes send a function for a while; Infinity: they never do. */
  readonly maxStrikes: number;
  /** What remains of the strikes after a run that is none. */
  readonly strikeDecay: number;
  /** The expected time of a function with the hint `"quick"`. */
  readonly quickUs: number;
  /** The expected time of a function with the hint `"slow"`. */
  readonly slowUs: number;
  /** So many of its first calls are sent. */
  readonly slowCalls: number;
  /** What sending a call costs, until it is measured. */
  readonly sendUs: number;
}

/** The defaults: those of loom-rs, except for the strikes and the cost of sending. */
export const ADAPTIVE_DEFAULTS: AdaptiveSettings = Object.freeze({
  maxInlineUs: 250,
  maxInlineUnderPressureUs: 100,
  highPressure: 3,
  inFlightWeight: 0.7,
  maxPressure: 10,
  pressureCost: 0.15,
  decay: 0.999653,
  smoothing: 0.1,
  strikeUs: 1000,
  // Two within about a hundred runs: a single one may be a pause of the machine.
  maxStrikes: 1.5,
  strikeDecay: 0.993,
  quickUs: 30,
  slowUs: 1000,
  slowCalls: 3,
  sendUs: 15,
});

/** The settings that a program gives. */
export type AdaptiveConfig = Partial<AdaptiveSettings> & {
  /** Whether strikes count at all. */
  readonly strikes?: boolean;
};

/** The settings of a program, and the defaults of the others. */
export function adaptiveSettings(
  { strikes = true, ...settings }: AdaptiveConfig = {},
): AdaptiveSettings {
  const noStrikes = strikes ? {} : { maxStrikes: Infinity };
  return { ...ADAPTIVE_DEFAULTS, ...settings, ...noStrikes };
}

/** What a program knows of a function that no call has measured yet: words, or microseconds. */
export type AdaptiveHint = "quick" | "slow" | number;

/**
 * Why the last call of a function ran where it did:
 *
 * - `"first"`: nothing is known of it yet, and running it here tells most.
 * - `"hint"`: the first calls of a function that is said to be slow are sent.
 * - `"cost"`: the cheaper of both ways, as far as it is known.
 * - `"slow"`: it is expected to hold up this thread for too long.
 * - `"pressure"`: the same, at a time when others wait for this thread.
 * - `"strikes"`: it has held up this thread for long, though it was not expected to.
 * - `"workers only"`: it cannot run on the thread of its caller.
 */
export type AdaptiveReason =
  | "first"
  | "hint"
  | "cost"
  | "slow"
  | "pressure"
  | "strikes"
  | "workers only";
