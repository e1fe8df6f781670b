/**
 * The settings of adaptive calls, and their names in loom-rs.
 *
 * @module
 */

import {
  ADAPTIVE_DEFAULTS,
  type AdaptiveConfig,
} from "../adaptive/settings.ts";
import { type Columns, tableType } from "./table_type.ts";
import {
  booleanType,
  integerType,
  numberType,
  type ValueType,
} from "./value_type.ts";

/** How `calibrate()` measures what a call costs while a runtime is built. */
export interface CalibrationConfig {
  /** Whether it does. */
  readonly enabled?: boolean;
  /** Calls before those that count. */
  readonly warmUpCalls?: number;
  /** Calls that count. */
  readonly calls?: number;
}

const MAX_US = 1_000_000_000;
const MAX_CALLS = 1_000_000;

const US = numberType({
  placeholder: "us",
  expected: `a number of microseconds from 0 to ${MAX_US}`,
  min: 0,
  max: MAX_US,
});
const PART = numberType({
  placeholder: "part",
  expected: "a number from 0.001 to 1",
  min: 0.001,
  max: 1,
});
const DECAY = numberType({
  placeholder: "part",
  expected: "a number from 0.5 to 0.999999",
  min: 0.5,
  max: 0.999999,
});
const WEIGHT = numberType({
  placeholder: "weight",
  expected: "a number from 0 to 1000",
  min: 0,
  max: 1000,
});
const CALLS = integerType({
  placeholder: "calls",
  expected: `an integer from 0 to ${MAX_CALLS}`,
  min: 0,
  max: MAX_CALLS,
});

const COLUMNS: Columns<AdaptiveConfig> = {
  maxInlineUs: {
    name: "max_inline_us",
    alias: "t_block_hard_us",
    type: US,
    summary: "A function expected to run longer is always sent",
  },
  maxInlineUnderPressureUs: {
    name: "max_inline_under_pressure_us",
    alias: "t_inline_under_pressure_us",
    type: US,
    summary: "The same while others wait for the thread",
  },
  highPressure: {
    name: "high_pressure",
    alias: "p_high",
    type: WEIGHT,
    summary: "The pressure from which on that limit counts",
  },
  inFlightWeight: {
    name: "in_flight_weight",
    alias: "w_inflight",
    type: WEIGHT,
    summary: "The pressure of one call or task in flight",
  },
  maxPressure: {
    name: "max_pressure",
    alias: "pressure_clip",
    type: WEIGHT,
    summary: "The highest pressure",
  },
  pressureCost: {
    name: "pressure_cost",
    alias: "k_starve",
    type: WEIGHT,
    summary: "By how much a pressure of 1 makes a run on the thread dearer",
  },
  decay: {
    name: "decay",
    type: DECAY,
    summary: "What one more observation leaves of the earlier ones",
  },
  smoothing: {
    name: "smoothing",
    alias: "ema_alpha",
    type: PART,
    summary: "The part of one observation in the expected time",
  },
  strikes: {
    name: "strikes",
    alias: "enable_strikes",
    type: booleanType(),
    summary: "Whether long runs on the thread send a function for a while",
  },
  strikeUs: {
    name: "strike_us",
    alias: "t_strike_us",
    type: US,
    summary: "A longer run on the thread is a strike",
  },
  maxStrikes: {
    name: "max_strikes",
    alias: "s_max",
    type: WEIGHT,
    summary: "So many strikes send a function for a while",
  },
  strikeDecay: {
    name: "strike_decay",
    type: DECAY,
    summary: "What remains of the strikes after a run that is none",
  },
  quickUs: {
    name: "quick_us",
    alias: "hint_low_ema_us",
    type: US,
    summary: "The expected time with the hint quick",
  },
  slowUs: {
    name: "slow_us",
    alias: "hint_high_ema_us",
    type: US,
    summary: "The expected time with the hint slow",
  },
  slowCalls: {
    name: "slow_calls",
    alias: "hint_exploration_count",
    type: CALLS,
    summary: "First calls of a function with the hint slow that are sent",
  },
  sendUs: {
    name: "send_us",
    alias: "measured_offload_overhead_us",
    type: US,
    summary:
      `What a call costs until it is measured, by default ${ADAPTIVE_DEFAULTS.sendUs}`,
  },
};

/** The settings of adaptive calls. */
export function adaptiveType(): ValueType<AdaptiveConfig> {
  return tableType(COLUMNS, [
    "w_spawn",
    "t_tiny_inline_us",
    "p_low",
    "hint_trust_threshold",
    "hint_medium_ema_us",
  ]);
}

/** Whether and how a runtime measures what a call costs while it is built. */
export function calibrationType(): ValueType<CalibrationConfig> {
  return tableType<CalibrationConfig>({
    enabled: {
      name: "enabled",
      type: booleanType(),
      summary: "Whether to measure what a call costs when the runtime is built",
    },
    warmUpCalls: {
      name: "warm_up_calls",
      alias: "warmup_iterations",
      type: CALLS,
      summary: "Calls before those that count, by default 100",
    },
    calls: {
      name: "calls",
      alias: "sample_count",
      type: CALLS,
      summary: "Calls that count, by default 1000",
    },
  });
}
