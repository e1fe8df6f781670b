/**
 * Collects settings and builds a runtime from them.
 *
 * @module
 */

import type { CodeOptions } from "./config/code.ts";
import type { ConfigFile, ConfigFileOptions } from "./config/file.ts";
import { loadConfig } from "./config/load.ts";
import { LoomArgs } from "./config/loom_args.ts";
import type { ResolvedConfig } from "./config/merge.ts";
import {
  dropRuntime,
  installRuntime,
  isLoomWorker,
  setCurrentRuntime,
} from "./current.ts";
import { LoomError } from "./errors.ts";
import { TASK_GLOBALS } from "./parallel/task_globals.ts";
import { planRuntime } from "./planning.ts";
import { Pool } from "./pool/pool.ts";
import { LoomRuntime } from "./runtime.ts";

/**
 * Collects settings and builds a runtime. Sources override each other in this order,
 * whatever the order of the calls: defaults, files, environment, code, flags.
 *
 * @example Usage
 * ```ts
 * import { LoomBuilder } from "@loom/runtime";
 *
 * const runtime = await new LoomBuilder()
 *   .prefix("myapp")
 *   .asyncThreads(1)
 *   .computeThreads(1)
 *   .build();
 * console.log(runtime.toString());
 * await runtime.blockUntilIdle();
 * ```
 */
export class LoomBuilder {
  #code: CodeOptions = {};
  #files: ConfigFile[] = [];
  #envPrefix: string | undefined;
  #args: LoomArgs | undefined;

  /** Begins the name of every thread; default `loom`. */
  prefix(prefix: string): this {
    return this.#set({ prefix });
  }

  /** CPUs that may be used, such as `"0-3,8"`; default all that the process may use. */
  cpuset(cpuset: string): this {
    return this.#set({ cpuset });
  }

  /** Number of event loops, the main one included; default 1. */
  asyncThreads(count: number): this {
    return this.#set({ asyncThreads: count });
  }

  /** Number of compute workers; default one for each CPU that the event loops leave. */
  computeThreads(count: number): this {
    return this.#set({ computeThreads: count });
  }

  /** The loom-rs name of {@linkcode LoomBuilder.asyncThreads}. */
  tokioThreads(count: number): this {
    return this.#set({ tokioThreads: count });
  }

  /** The loom-rs name of {@linkcode LoomBuilder.computeThreads}. */
  rayonThreads(count: number): this {
    return this.#set({ rayonThreads: count });
  }

  /**
   * Whether threads are pinned to CPUs; default true. What cannot be pinned is warned about
   * once; with `"require"` it is a {@linkcode PinningError}.
   */
  pinThreads(pin: boolean | "require"): this {
    return this.#set({ pinThreads: pin });
  }

  /**
   * Slots for the calls of one thread to one pool, rounded up to a power of two; default
   * 1024. One stays free; further calls wait their turn.
   */
  computePoolSize(calls: number): this {
    return this.#set({ computePoolSize: calls });
  }

  /** Bytes that the arguments or the result of one call may take; default 256 MiB. */
  maxPayloadBytes(bytes: number): this {
    return this.#set({ maxPayloadBytes: bytes });
  }

  /**
   * GPU whose local CPUs are used: its index in the order of NVML (`nvidia-smi -L`), or a
   * UUID that begins with `GPU-` or `MIG-`. Together with `cpuset` it is the CPUs in both.
   */
  cudaDevice(device: number | string): this {
    return this.#set({ cudaDevice: device });
  }

  /**
   * Kind of cores that are used: `"performance"` or `"efficiency"` cores only, or by
   * default `"any"`, efficiency cores last. Where all cores are alike they count as
   * performance cores.
   */
  coreKind(kind: "performance" | "efficiency" | "any"): this {
    return this.#set({ coreKind: kind });
  }

  /**
   * How long an idle worker spins before it sleeps, in microseconds; 0 never spins. Default
   * 100, or 0 where the runtime has more threads than CPUs.
   */
  workerSpinUs(us: number): this {
    return this.#set({ workerSpinUs: us });
  }

  /**
   * How long a waiting caller spins before it sleeps, in microseconds; 0 never spins.
   * Default 20, or 0 where the runtime has more threads than CPUs. A caller that sent large
   * arguments spins up to 200 longer, while a worker copies them.
   */
  callerSpinUs(us: number): this {
    return this.#set({ callerSpinUs: us });
  }

  /** Reads a TOML, YAML or JSON file; several are merged in the order of the calls. */
  file(path: string | URL, options: ConfigFileOptions = {}): this {
    this.#files = [...this.#files, { path, ...options }];
    return this;
  }

  /** Reads the environment: with `LOOM`, the variables `LOOM_CPUSET` and so on. */
  envPrefix(prefix: string): this {
    this.#envPrefix = prefix;
    return this;
  }

  /** Reads `--loom-…` flags: a parsed command line, or by default the process's own. */
  withCliArgs(args: LoomArgs | readonly string[] = LoomArgs.parse()): this {
    this.#args = args instanceof LoomArgs ? args : LoomArgs.parse(args);
    return this;
  }

  /**
   * Reads and merges all sources without building: what `build()` would use.
   *
   * @throws {InvalidConfigError} if a setting is wrong. The message lists every problem.
   */
  resolve(): ResolvedConfig {
    return loadConfig({
      files: this.#files,
      code: this.#code,
      ...(this.#envPrefix === undefined ? {} : { envPrefix: this.#envPrefix }),
      ...(this.#args === undefined ? {} : { args: this.#args }),
    });
  }

  /**
   * Starts and pins the threads and resolves with the running runtime, which becomes the
   * current one.
   *
   * @returns The runtime, once all of its workers are ready.
   * @throws {InvalidConfigError} if a setting is wrong, such as a `cpuset` that cannot be
   * read or a `coreKind` that the machine does not have. The message lists every problem.
   * @throws {InvalidCpuSetError} if the process may use none of the CPUs in `cpuset`.
   * @throws {GpuError} if the GPU of `cudaDevice`, or the CPUs near it, cannot be used.
   * @throws {InsufficientCpusError} if threads are pinned and more of them were asked for
   * than there are CPUs.
   * @throws {PinningError} if `pinThreads("require")` was set and a thread cannot be pinned.
   * @throws {LoomError} if workers cannot be started, or if this thread is a worker.
   */
  async build(): Promise<LoomRuntime> {
    if (isLoomWorker()) {
      throw new LoomError(
        "Cannot build runtime: this thread is a worker of one, which imported this module " +
          "for a task; build only on the main thread: if (import.meta.main) { … }",
      );
    }
    const resolved = this.resolve();
    const { facts, spin, warnings } = planRuntime(resolved);
    for (const note of [...resolved.notes, ...warnings]) warn(`loom: ${note}`);
    const pool = await Pool.start(facts, spin, warn);
    const runtime: LoomRuntime = new LoomRuntime(pool.endpoint, facts, {
      install: (fn) => installRuntime(runtime, fn),
      begin: () => pool.watchSettled(() => runtime.noteSettled()),
      end: () => {
        pool.stop();
      },
      ended: () => pool.ended,
    }, TASK_GLOBALS);
    pool.listen({
      shutdownRequested: () => runtime.shutdown(),
    });
    setCurrentRuntime(runtime);
    pool.ended.then(() => dropRuntime(runtime));
    return runtime;
  }

  #set(options: CodeOptions): this {
    this.#code = { ...this.#code, ...options };
    return this;
  }
}

function warn(message: string): void {
  console.warn(message);
}
