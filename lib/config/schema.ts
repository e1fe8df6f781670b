/**
 * The table of settings. The readers of files, environment and flags, the help text, the
 * JSON Schema and `explain()` all derive from it, so a new setting needs one member of
 * {@linkcode LoomConfig} and one row here.
 *
 * @module
 */

import type { AdaptiveConfig } from "../adaptive/settings.ts";
import {
  adaptiveType,
  type CalibrationConfig,
  calibrationType,
} from "./adaptive_type.ts";
import {
  booleanOrPathType,
  booleanOrWordType,
  booleanType,
  byteSizeType,
  choiceType,
  cpusetType,
  cudaDeviceType,
  integerType,
  loopbackType,
  nameType,
  numberType,
  type ValueType,
} from "./value_type.ts";

/** A merged configuration. Undefined values are determined from the machine. */
export interface LoomConfig {
  /** Prefix of the names of all threads. */
  readonly prefix: string;
  /** CPUs to use, in taskset's format; undefined means all allowed CPUs. */
  readonly cpuset: string | undefined;
  /** Whether CPUs in `cpuset` that the process may not use are an error or left out. */
  readonly cpusetPolicy: "require" | "intersect";
  /** Number of event loops, including that of the main thread. */
  readonly asyncThreads: number;
  /** Number of compute workers; undefined means one for each CPU without an event loop. */
  readonly computeThreads: number | undefined;
  /**
   * Whether threads are pinned to CPUs: all, with `"workers"` all but the main thread, or
   * none. With `"require"` a failure to pin is an error.
   */
  readonly pinThreads: boolean | "workers" | "require";
  /** Whether CPUs are reserved, and those that other runtimes have reserved used last. */
  readonly reserve: boolean;
  /**
   * Number of slots for calls per calling thread, rounded up to a power of two, to at least
   * 16 and 4 for each compute worker. One stays free, and calls without a slot wait.
   */
  readonly computePoolSize: number;
  /** Maximum size in bytes of the arguments or the result of one call. */
  readonly maxPayloadBytes: number;
  /** GPU whose local CPUs are used: its index or UUID. */
  readonly cudaDevice: number | string | undefined;
  /** Kind of cores to use; `any` uses efficiency cores last. */
  readonly coreKind: "performance" | "efficiency" | "any";
  /** Microseconds that an idle worker spins before it parks; undefined means the default. */
  readonly workerSpinUs: number | undefined;
  /** Microseconds that a waiting caller spins before it parks; undefined means the default. */
  readonly callerSpinUs: number | undefined;
  /** Milliseconds that a cancelled task may run until its worker is ended. */
  readonly cancelGraceMs: number;
  /** Limit in MiB of each worker's JavaScript heap; undefined means the runtime's own. */
  readonly workerHeapMb: number | undefined;
  /** How many calls of the main thread may wait for a worker; undefined means any number. */
  readonly maxQueuedCalls: number | undefined;
  /** How many asynchronous calls of the main thread a compute worker runs at once. */
  readonly callsPerWorker: number | undefined;
  /** Calls after which a compute worker is replaced; undefined means never. */
  readonly recycleCalls: number | undefined;
  /** Size in MiB of its heap from which on a compute worker is replaced; undefined: never. */
  readonly recycleHeapMb: number | undefined;
  /** Whether hints at common mistakes are printed. */
  readonly hints: boolean;
  /** Whether tools may look into the runtime through a Unix socket, or the socket's path. */
  readonly observe: boolean | string;
  /** The loopback address at which they may; undefined means at none. */
  readonly observeHttp: string | undefined;
  /** What decides where adaptive calls run; undefined means the defaults. */
  readonly adaptive: AdaptiveConfig | undefined;
  /** How the cost of a call is measured at the start; undefined means that it is not. */
  readonly calibration: CalibrationConfig | undefined;
}

/** The name of a setting in code. */
export type ConfigKey = keyof LoomConfig;

/** One row of the table. */
export interface Setting<T> {
  /** The name in files, from which all other spellings derive. */
  readonly name: string;
  /** The names of the same setting in the Rust crate loom-rs. */
  readonly aliases: readonly string[];
  /** How the value is read and checked. */
  readonly type: ValueType<Exclude<T, undefined>>;
  /** The default; undefined if it is determined from the machine. */
  readonly defaultValue: T;
  /** Text for the default in help, if it is determined from the machine. */
  readonly defaultText?: string;
  /** One line for help text and editors. */
  readonly summary: string;
}

const MAX_SPIN_US = 1_000_000;
const MAX_GRACE_MS = 86_400_000;
/** With a lower limit, V8 may end the process instead of the worker. */
const MIN_HEAP_MB = 32;
const MAX_HEAP_MB = 1024 ** 2;
const HEAP_MB = integerType({
  placeholder: "mib",
  expected: `an integer from ${MIN_HEAP_MB} to ${MAX_HEAP_MB}`,
  min: MIN_HEAP_MB,
  max: MAX_HEAP_MB,
});
const POSITIVE_CALLS = integerType({
  placeholder: "calls",
  expected: "a positive integer",
  min: 1,
});

/** Default of `workerSpinUs` on a machine with a CPU for each thread. */
export const WORKER_SPIN_US = 100;

/** Default of `callerSpinUs` on a machine with a CPU for each thread. */
export const CALLER_SPIN_US = 20;

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
    summary: "Prefix of thread names",
  },
  cpuset: {
    name: "cpuset",
    aliases: [],
    type: cpusetType(),
    defaultValue: undefined,
    defaultText: "all allowed CPUs",
    summary: "CPUs to use, such as 0-3,8 or 0-15:2",
  },
  cpusetPolicy: {
    name: "cpuset_policy",
    aliases: [],
    type: choiceType("require", "intersect"),
    defaultValue: "require",
    summary:
      "Whether all CPUs of cpuset must be usable; intersect skips others",
  },
  asyncThreads: {
    name: "async_threads",
    aliases: ["tokio_threads"],
    type: threadCount,
    defaultValue: 1,
    summary: "Event loops, including that of the main thread",
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
    type: booleanOrWordType("workers", "require"),
    defaultValue: true,
    summary:
      "Pin each thread to a CPU, or workers only; with require a failure is an error",
  },
  reserve: {
    name: "reserve",
    aliases: [],
    type: booleanType(),
    defaultValue: true,
    summary: "Prefer CPUs that no other runtime has reserved, and reserve them",
  },
  computePoolSize: {
    name: "compute_pool_size",
    aliases: [],
    type: integerType({
      placeholder: "calls",
      expected: "an integer from 1 to 32768",
      min: 1,
      max: 32_768,
    }),
    defaultValue: 1024,
    summary:
      "Slots for calls per calling thread, rounded up to a power of two, at least 16",
  },
  maxPayloadBytes: {
    name: "max_payload_bytes",
    aliases: [],
    type: byteSizeType({ min: 4096, max: 1024 ** 3 }),
    defaultValue: 256 * 1024 ** 2,
    summary: "Maximum bytes of one call's arguments or result",
  },
  cudaDevice: {
    name: "cuda_device",
    aliases: [],
    type: cudaDeviceType(),
    defaultValue: undefined,
    defaultText: "none",
    summary: "GPU whose local CPUs to use",
  },
  coreKind: {
    name: "core_kind",
    aliases: [],
    type: choiceType("performance", "efficiency", "any"),
    defaultValue: "any",
    summary: "Kind of cores to use; any uses efficiency cores last",
  },
  workerSpinUs: {
    name: "worker_spin_us",
    aliases: [],
    type: spinWindow,
    defaultValue: undefined,
    defaultText: `${WORKER_SPIN_US}; 0 if threads outnumber CPUs`,
    summary: "Microseconds that an idle worker spins before it parks",
  },
  callerSpinUs: {
    name: "caller_spin_us",
    aliases: [],
    type: spinWindow,
    defaultValue: undefined,
    defaultText: `${CALLER_SPIN_US}; 0 if threads outnumber CPUs`,
    summary: "Microseconds that a waiting caller spins before it parks",
  },
  cancelGraceMs: {
    name: "cancel_grace_ms",
    aliases: [],
    type: integerType({
      placeholder: "ms",
      expected: `an integer of milliseconds from 0 to ${MAX_GRACE_MS}`,
      min: 0,
      max: MAX_GRACE_MS,
    }),
    defaultValue: 1000,
    summary: "Milliseconds until the worker of a cancelled task is ended",
  },
  workerHeapMb: {
    name: "worker_heap_mb",
    aliases: [],
    type: HEAP_MB,
    defaultValue: undefined,
    defaultText: "the runtime's own",
    summary: "Limit in MiB of each worker's heap; Bun ignores it",
  },
  maxQueuedCalls: {
    name: "max_queued_calls",
    aliases: [],
    type: integerType({
      placeholder: "calls",
      expected: "an integer from 0 on",
      min: 0,
    }),
    defaultValue: undefined,
    defaultText: "no limit",
    summary: "Calls of the main thread that may wait before more are refused",
  },
  callsPerWorker: {
    name: "calls_per_worker",
    aliases: [],
    type: POSITIVE_CALLS,
    defaultValue: undefined,
    defaultText: "no limit",
    summary: "Asynchronous calls of the main thread that a worker runs at once",
  },
  recycleCalls: {
    name: "recycle_calls",
    aliases: [],
    type: POSITIVE_CALLS,
    defaultValue: undefined,
    defaultText: "never",
    summary: "Calls after which a compute worker is replaced",
  },
  recycleHeapMb: {
    name: "recycle_heap_mb",
    aliases: [],
    type: HEAP_MB,
    defaultValue: undefined,
    defaultText: "never",
    summary: "Heap in MiB from which on a compute worker is replaced",
  },
  hints: {
    name: "hints",
    aliases: [],
    type: booleanType(),
    defaultValue: true,
    summary: "Print hints at common mistakes, once each",
  },
  observe: {
    name: "observe",
    aliases: [],
    type: booleanOrPathType(),
    defaultValue: false,
    summary: "Open a Unix socket for loom top and other tools, at this path",
  },
  observeHttp: {
    name: "observe_http",
    aliases: [],
    type: loopbackType(),
    defaultValue: undefined,
    defaultText: "none",
    summary: "Serve the page for browsers at this loopback address",
  },
  adaptive: {
    name: "adaptive",
    aliases: ["mab_knobs"],
    type: adaptiveType(),
    defaultValue: undefined,
    defaultText: "see the guide",
    summary: "What decides where adaptive calls run",
  },
  calibration: {
    name: "calibration",
    aliases: [],
    type: calibrationType(),
    defaultValue: undefined,
    defaultText: "not at the start",
    summary: "Whether the cost of a call is measured at the start, and how",
  },
};

/** Every key, in the table's order. */
export const CONFIG_KEYS: readonly ConfigKey[] = Object.keys(
  SETTINGS,
) as ConfigKey[];

/** The name of a setting in code: `asyncThreads` for `async_threads`. */
export function codeName(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

/** The name of a setting in the environment: `LOOM_ASYNC_THREADS`. */
export function environmentName(prefix: string, name: string): string {
  return `${prefix}_${name.toUpperCase()}`;
}

/** The name of a setting as a flag: `--loom-async-threads`. */
export function flagName(name: string): string {
  return `--loom-${name.replaceAll("_", "-")}`;
}
