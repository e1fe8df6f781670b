/**
 * Every error class of loom, so that callers can distinguish failures with
 * `instanceof`. A message gives the action, a colon, and the present state.
 *
 * @module
 */

/** The root of loom's own errors: `error instanceof LoomError` catches them all. */
export class LoomError extends Error {
  /** Name of the class, as logs and other threads show it. */
  override readonly name: string = "LoomError";
}

/** A cpuset such as `"0-3,8"` cannot be parsed, or contains no CPU that can be used. */
export class InvalidCpuSetError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "InvalidCpuSetError";
}

/** A setting has an invalid value, or its source cannot be read. The message says why. */
export class InvalidConfigError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "InvalidConfigError";
}

/**
 * The GPU of `cudaDevice` cannot be used: there is no driver, there is no such GPU, or the
 * process may use no CPU that is local to it. The message says which, and what to do.
 */
export class GpuError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "GpuError";
  /** The value of `cudaDevice`: an index or a UUID. */
  readonly device: number | string;

  /** For use by loom only. */
  constructor(message: string, device: number | string) {
    super(message);
    this.device = device;
  }
}

/** More threads are configured than there are CPUs to pin them to. */
export class InsufficientCpusError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "InsufficientCpusError";
  /** Number of configured threads. */
  readonly requested: number;
  /** Number of CPUs that the runtime may use. */
  readonly available: number;

  /** For use by loom only. */
  constructor(requested: number, available: number) {
    super(
      `Cannot place threads: ${requested} are configured, ${available} CPU${
        available === 1 ? " is" : "s are"
      } available; configure fewer, widen the cpuset, or turn pinning off with ` +
        `pinThreads(false)`,
    );
    this.requested = requested;
    this.available = available;
  }
}

/** A thread cannot be pinned, and `pinThreads("require")` is set. */
export class PinningError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "PinningError";
}

/** A call was made after `shutdown()`, or was unfinished when the runtime ended. */
export class ShutdownError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "ShutdownError";
}

/** The worker that ran the call ended before the call did. */
export class WorkerLostError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "WorkerLostError";
}

/** A function that was sent to a worker uses a variable of its enclosing scope. */
export class CapturedVariableError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "CapturedVariableError";
  /** The captured variable. */
  readonly variable: string;

  /** For use by loom only. */
  constructor(message: string, variable: string, options?: ErrorOptions) {
    super(message, options);
    this.variable = variable;
  }
}

/** A function cannot be sent to the workers, or its module does not provide it. */
export class InvalidTaskError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "InvalidTaskError";
}

/** A call's arguments or result take more bytes than `maxPayloadBytes` allows. */
export class PayloadTooLargeError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
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

/** There is no current runtime: none was built, or it has been shut down. */
export class NoRuntimeError extends LoomError {
  /** Name of the class, as logs and other threads show it. */
  override readonly name = "NoRuntimeError";
}
