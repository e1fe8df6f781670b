/**
 * The error classes of loom, which callers can distinguish with `instanceof`. A message
 * consists of the action that failed, a colon and the reason.
 *
 * @module
 */

/** The base class of all errors of loom. */
export class LoomError extends Error {
  /** Name of the class. */
  override readonly name: string = "LoomError";
}

/** A setting is invalid. The message names the setting and the reason. */
export class InvalidConfigError extends LoomError {
  /** Name of the class. */
  override readonly name: string = "InvalidConfigError";
}

/** A cpuset such as `"0-3,8"` cannot be parsed, or has CPUs that cannot be used. */
export class InvalidCpuSetError extends InvalidConfigError {
  /** Name of the class. */
  override readonly name = "InvalidCpuSetError";
}

/**
 * The GPU requested with `cudaDevice` cannot be used: there is no driver, there is no such
 * GPU, or the process may use none of its local CPUs. The message gives the reason and a
 * remedy.
 */
export class GpuError extends LoomError {
  /** Name of the class. */
  override readonly name = "GpuError";
  /** The requested GPU: an index or a UUID. */
  readonly device: number | string;

  /** For use by loom only. */
  constructor(message: string, device: number | string) {
    super(message);
    this.device = device;
  }
}

/** More pinned threads were requested than there are CPUs. */
export class InsufficientCpusError extends LoomError {
  /** Name of the class. */
  override readonly name = "InsufficientCpusError";
  /** Number of threads requested. */
  readonly requested: number;
  /** Number of CPUs that the runtime may use, after `cpuset`. */
  readonly available: number;

  /** For use by loom only. */
  constructor(requested: number, available: number) {
    super(
      `Cannot place threads: ${requested} requested, ${available} CPU${
        available === 1 ? "" : "s"
      } available; request fewer, widen the cpuset, or disable pinning with pinThreads(false)`,
    );
    this.requested = requested;
    this.available = available;
  }
}

/** A thread cannot be pinned, and `pinThreads("require")` makes that an error. */
export class PinningError extends LoomError {
  /** Name of the class. */
  override readonly name = "PinningError";
}

/** A call was made after `shutdown()`, or had not completed when the runtime ended. */
export class ShutdownError extends LoomError {
  /** Name of the class. */
  override readonly name = "ShutdownError";
}

/** The worker that ran the call ended before the call completed. */
export class WorkerLostError extends LoomError {
  /** Name of the class. */
  override readonly name = "WorkerLostError";
}

/** A call, or a wait for a lock or a channel, has exceeded a time limit. */
export class TimeoutError extends LoomError {
  /** Name of the class. */
  override readonly name = "TimeoutError";
  /** The limit: `timeoutMs`, or for the start of a call `queueTimeoutMs`. */
  readonly limit: "timeoutMs" | "queueTimeoutMs";
  /** Its value in milliseconds. */
  readonly limitMs: number;

  /** For use by loom only. */
  constructor(
    limit: "timeoutMs" | "queueTimeoutMs",
    limitMs: number,
    message: string = limit === "timeoutMs"
      ? `Cannot finish call: it has run for longer than timeoutMs, ${limitMs} ms; ` +
        "raise timeoutMs, or split the work into shorter calls"
      : `Cannot start call: no worker has begun it within queueTimeoutMs, ${limitMs} ms; ` +
        "raise queueTimeoutMs or the priority, add workers, or make fewer calls at once",
  ) {
    super(message);
    this.limit = limit;
    this.limitMs = limitMs;
  }
}

/**
 * So many calls wait for a worker that `maxQueuedCalls` lets no more wait, or a host of a
 * cluster has as many calls as its `maxCalls` allows.
 */
export class QueueFullError extends LoomError {
  /** Name of the class. */
  override readonly name = "QueueFullError";
  /** Number of calls that waited. */
  readonly queued: number;
  /** The setting `maxQueuedCalls`, or `maxCalls` of the host. */
  readonly limit: number;

  /** For use by loom only. */
  constructor(queued: number, limit: number, message?: string) {
    super(
      message ??
        `Cannot queue call: ${queued} call${queued === 1 ? "" : "s"} wait${
            queued === 1 ? "s" : ""
          } for a worker, and maxQueuedCalls is ${limit}; await earlier calls, or let it wait ` +
          `with runtime.with({ queue: "wait" })`,
    );
    this.queued = queued;
    this.limit = limit;
  }
}

/**
 * The thread that held a lock, or waited at a barrier, has ended. What the lock protects may be
 * half changed.
 */
export class HolderLostError extends LoomError {
  /** Name of the class. */
  override readonly name = "HolderLostError";
}

/** A value was sent to a channel that is closed. */
export class ChannelClosedError extends LoomError {
  /** Name of the class. */
  override readonly name = "ChannelClosedError";
}

/** A function for a worker uses a variable from its enclosing scope. */
export class CapturedVariableError extends LoomError {
  /** Name of the class. */
  override readonly name = "CapturedVariableError";
  /** Name of the captured variable. */
  readonly variable: string;

  /** For use by loom only. */
  constructor(message: string, variable: string, options?: ErrorOptions) {
    super(message, options);
    this.variable = variable;
  }
}

/** A function cannot be sent to the workers, or its module does not export it. */
export class InvalidTaskError extends LoomError {
  /** Name of the class. */
  override readonly name = "InvalidTaskError";
}

/** The arguments or the result of a call are larger than `maxPayloadBytes`. */
export class PayloadTooLargeError extends LoomError {
  /** Name of the class. */
  override readonly name = "PayloadTooLargeError";
  /** Size of the serialised value in bytes. */
  readonly payloadBytes: number;
  /** The configured limit in bytes. */
  readonly limitBytes: number;

  /** For use by loom only. */
  constructor(message: string, payloadBytes: number, limitBytes: number) {
    super(message);
    this.payloadBytes = payloadBytes;
    this.limitBytes = limitBytes;
  }
}

/** There is no current runtime: none was built, or it has ended. */
export class NoRuntimeError extends LoomError {
  /** Name of the class. */
  override readonly name = "NoRuntimeError";
}

/** No host of the group offers the task. */
export class NoHostError extends LoomError {
  /** Name of the class. */
  override readonly name = "NoHostError";
}

/**
 * The host that took a call of the cluster is no longer heard of. The call may have run, in
 * part or to its end.
 */
export class HostLostError extends LoomError {
  /** Name of the class. */
  override readonly name = "HostLostError";
}

/** A caller and a host use different versions of loom's messages, or of the tasks. */
export class ClusterVersionError extends LoomError {
  /** Name of the class. */
  override readonly name = "ClusterVersionError";
}

/** NATS cannot be used: no server, no permission, or a feature that is off. */
export class ClusterError extends LoomError {
  /** Name of the class. */
  override readonly name = "ClusterError";
}

/**
 * Makes `instanceof` true for the errors of other copies of the library as well: a worker of
 * the built package is one file with a copy of its own, and tasks may import another.
 */
function shareWithCopies(name: string, errorClass: { prototype: LoomError }) {
  const mark = Symbol.for(`@loom/runtime.${name}`);
  Object.defineProperty(errorClass.prototype, mark, { value: true });
  Object.defineProperty(errorClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this === errorClass) return value instanceof Object && mark in value;
      // Classes of the user that extend it are not shared.
      return Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}

const CLASSES = {
  LoomError,
  InvalidConfigError,
  InvalidCpuSetError,
  GpuError,
  InsufficientCpusError,
  PinningError,
  ShutdownError,
  WorkerLostError,
  TimeoutError,
  QueueFullError,
  HolderLostError,
  ChannelClosedError,
  CapturedVariableError,
  InvalidTaskError,
  PayloadTooLargeError,
  NoRuntimeError,
  NoHostError,
  HostLostError,
  ClusterVersionError,
  ClusterError,
};
for (const [name, errorClass] of Object.entries(CLASSES)) {
  shareWithCopies(name, errorClass);
}
