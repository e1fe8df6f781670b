/**
 * The one table of settings. Readers of files, environment and flags, help
 * text, JSON Schema and `explain()` all derive from it, so a new setting is one
 * member of {@linkcode LoomConfig} and one row here.
 *
 * @module
 */

import {
  booleanOrWordType,
  byteSizeType,
  cpusetType,
  cudaDeviceType,
  integerType,
  nameType,
  numberType,
  type ValueType,
} from "./value_type.ts";

/** A merged configuration. `undefined` means that loom decides from the machine. */
export interface LoomConfig {
  /** Begins the name of every thread. */
  readonly prefix: string;
  /** CPUs that may be used, in taskset's format; undefined means all allowed ones. */
  readonly cpuset: string | undefined;
  /** Event loops, the main one included. */
  readonly asyncThreads: number;
  /** Compute workers; undefined means one for each CPU left by the event loops. */
  readonly computeThreads: number | undefined;
  /** Whether threads are pinned to CPUs, and whether failing at it is an error. */
  readonly pinThreads: boolean | "require";
  /** Calls that one thread can have in flight before it waits. */
  readonly computePoolSize: number;
  /** Bytes that the arguments or the result of one call may take. */
  readonly maxPayloadBytes: number;
  /** GPU whose local CPUs are used: its index or UUID. */
  readonly cudaDevice: number | string | undefined;
  /** How long an idle worker spins before it parks; undefined means measured. */
  readonly workerSpinUs: number | undefined;
  /** How long a waiting caller spins before it parks; undefined means measured. */
  readonly callerSpinUs: number | undefined;
}

/** The name of a setting in code. */
export type ConfigKey = keyof LoomConfig;

/** One row of the table. */
export interface Setting<T> {
  /** The name in files; the other spellings derive from it. */
  readonly name: string;
  /** Names of the Rust crate loom-rs that mean the same. */
  readonly aliases: readonly string[];
  /** How the value is read and checked. */
  readonly type: ValueType<Exclude<T, undefined>>;
  /** Undefined where the machine decides. */
  readonly defaultValue: T;
  /** What stands in for the default in help text when the machine decides it. */
  readonly defaultText?: string;
  /** One line for help text and editors. */
  readonly summary: string;
}

const MAX_SPIN_US = 1_000_000;

const spinWindow = numberType({
  placeholder: "us",
  expected: `a number of microseconds from 0 to ${MAX_SPIN_US}`,
  min: 0,
  max: MAX_SPIN_US,
});

const threadCount = integerType({
  placeholder: "n",
  expected: "a positive integer",
  min: 1,
});

/** Every setting, in the order in which help text and `explain()` show them. */
export const SETTINGS: {
  readonly [K in ConfigKey]: Setting<LoomConfig[K]>;
} = {
  prefix: {
    name: "prefix",
    aliases: [],
    type: nameType(),
    defaultValue: "loom",
    summary: "Begins the name of every thread",
  },
  cpuset: {
    name: "cpuset",
    aliases: [],
    type: cpusetType(),
    defaultValue: undefined,
    defaultText: "all allowed CPUs",
    summary: "CPUs that may be used, such as 0-3,8 or 0-15:2",
  },
  asyncThreads: {
    name: "async_threads",
    aliases: ["tokio_threads"],
    type: threadCount,
    defaultValue: 1,
    summary: "Event loops, the main one included",
  },
  computeThreads: {
    name: "compute_threads",
    aliases: ["rayon_threads"],
    type: threadCount,
    defaultValue: undefined,
    defaultText: "the remaining CPUs",
    summary: "Compute workers",
  },
  pinThreads: {
    name: "pin_threads",
    aliases: [],
    type: booleanOrWordType("require"),
    defaultValue: true,
    summary: "Pin each thread to its CPU; require makes failing an error",
  },
  computePoolSize: {
    name: "compute_pool_size",
    aliases: [],
    type: integerType({
      placeholder: "calls",
      expected: "an integer from 16 to 32768",
      min: 16,
      max: 32_768,
    }),
    defaultValue: 1024,
    summary: "Calls in flight per calling thread, rounded up to a power of two",
  },
  maxPayloadBytes: {
    name: "max_payload_bytes",
    aliases: [],
    type: byteSizeType({ min: 4096, max: 1024 ** 3 }),
    defaultValue: 256 * 1024 ** 2,
    summary: "Bytes that one call's arguments or result may take",
  },
  cudaDevice: {
    name: "cuda_device",
    aliases: [],
    type: cudaDeviceType(),
    defaultValue: undefined,
    defaultText: "none",
    summary: "GPU whose local CPUs are used",
  },
  workerSpinUs: {
    name: "worker_spin_us",
    aliases: [],
    type: spinWindow,
    defaultValue: undefined,
    defaultText: "measured",
    summary: "Microseconds an idle worker spins before it parks",
  },
  callerSpinUs: {
    name: "caller_spin_us",
    aliases: [],
    type: spinWindow,
    defaultValue: undefined,
    defaultText: "measured",
    summary: "Microseconds a waiting caller spins before it parks",
  },
};

/** Every key, in the table's order. */
export const CONFIG_KEYS: readonly ConfigKey[] = Object.keys(
  SETTINGS,
) as ConfigKey[];

/** Spells a setting's file name as code does: `async_threads` → `asyncThreads`. */
export function codeName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** Spells a setting's file name as the environment does: `LOOM_ASYNC_THREADS`. */
export function environmentName(prefix: string, name: string): string {
  return `${prefix}_${name.toUpperCase()}`;
}

/** Spells a setting's file name as a flag: `--loom-async-threads`. */
export function flagName(name: string): string {
  return `--loom-${name.replaceAll("_", "-")}`;
}
