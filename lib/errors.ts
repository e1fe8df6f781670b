/**
 * Every error class of loom, so that callers can tell failures apart with
 * `instanceof`. Messages read "action, colon, present state".
 *
 * @module
 */

/** The root of loom's own errors: `error instanceof LoomError` catches them all. */
export class LoomError extends Error {
  /** Name of the class, which logs and other threads show. */
  override readonly name: string = "LoomError";
}

/** A cpuset such as `"0-3,8"` could not be read, or names no CPU that can be used. */
export class InvalidCpuSetError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "InvalidCpuSetError";
}

/** A setting has a value that loom cannot work with; the message says which and why. */
export class InvalidConfigError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "InvalidConfigError";
}

/**
 * The GPU asked for with `cudaDevice` cannot be used: no driver, no such GPU, or none of
 * the CPUs near it are ours. The message says which, and what to do.
 */
export class GpuError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "GpuError";
  /** What was asked for: an index or a UUID. */
  readonly device: number | string;

  /** Used by loom alone. */
  constructor(message: string, device: number | string) {
    super(message);
    this.device = device;
  }
}

/** More threads were asked for than there are CPUs to pin them to. */
export class InsufficientCpusError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "InsufficientCpusError";
  /** Threads asked for. */
  readonly requested: number;
  /** CPUs that this process may use, after `cpuset`. */
  readonly available: number;

  /** Used by loom alone. */
  constructor(requested: number, available: number) {
    super(
      `Cannot place threads: ${requested} asked for, ${available} CPU${
        available === 1 ? "" : "s"
      } available; ask for fewer, widen the cpuset, or switch pinning off with pinThreads(false)`,
    );
    this.requested = requested;
    this.available = available;
  }
}

/** Pinning was demanded with `pinThreads("require")` and cannot be had. */
export class PinningError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "PinningError";
}

/** A call came after `shutdown()`, or was still unfinished when the runtime ended. */
export class ShutdownError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "ShutdownError";
}

/** The worker that ran the call ended before the call did. */
export class WorkerLostError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "WorkerLostError";
}

/** A function sent to a worker uses a variable from the scope it was written in. */
export class CapturedVariableError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "CapturedVariableError";
  /** The captured variable. */
  readonly variable: string;

  /** Used by loom alone. */
  constructor(message: string, variable: string, options?: ErrorOptions) {
    super(message, options);
    this.variable = variable;
  }
}

/** A function, or the module that should export it, cannot be made known to the workers. */
export class InvalidTaskError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "InvalidTaskError";
}

/** A call's arguments or result take more bytes than `maxPayloadBytes` allows. */
export class PayloadTooLargeError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "PayloadTooLargeError";
  /** Bytes that the value takes when serialised. */
  readonly payloadBytes: number;
  /** The configured limit in bytes. */
  readonly limitBytes: number;

  /** Used by loom alone. */
  constructor(message: string, payloadBytes: number, limitBytes: number) {
    super(message);
    this.payloadBytes = payloadBytes;
    this.limitBytes = limitBytes;
  }
}

/** No runtime is current: none was built, or it has been shut down. */
export class NoRuntimeError extends LoomError {
  /** Name of the class, which logs and other threads show. */
  override readonly name = "NoRuntimeError";
}
