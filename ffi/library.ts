/**
 * The contract for native libraries: open one, call its symbols, close it. `deno.ts` and
 * `bun.ts` implement it, and `open.ts` selects the implementation.
 *
 * A library that cannot be opened is a value with the reason, not an exception.
 *
 * @module
 */

/**
 * The type of a parameter. Addresses and 64-bit numbers are bigints; `buffer` passes the
 * address of a Uint8Array's first byte, or a null pointer for `null`.
 */
export type ParameterType = "i32" | "u32" | "i64" | "address" | "buffer";

/** The type of a result. */
export type ResultType = "i32" | "u32" | "i64" | "address" | "void";

/** The C signature of one symbol. */
export interface Signature {
  /** Types in C's order, each with its C name in a comment beside it. */
  readonly parameters: readonly ParameterType[];
  /** Type of the returned value. */
  readonly result: ResultType;
  /** Whether the library may lack the symbol; its call is then undefined. */
  readonly optional?: boolean;
}

/** Signatures by symbol name. */
export type Signatures = Readonly<Record<string, Signature>>;

/** The JavaScript type of each native type. */
export interface NativeValues {
  /** A signed 32-bit integer. */
  readonly i32: number;
  /** An unsigned 32-bit integer. */
  readonly u32: number;
  /** A signed 64-bit integer. */
  readonly i64: bigint;
  /** A pointer or another unsigned machine word, such as `pthread_t`. */
  readonly address: bigint;
  /** Memory that the callee may read and write until the call returns. */
  readonly buffer: Uint8Array | null;
  /** Nothing. */
  readonly void: void;
}

type Arguments<P extends readonly ParameterType[]> = {
  -readonly [I in keyof P]: NativeValues[P[I]];
};

type Call<S extends Signature> = (
  ...args: Arguments<S["parameters"]>
) => NativeValues[S["result"]];

/** One typed function per signature; optional ones may be undefined. */
export type Calls<S extends Signatures> = {
  readonly [K in keyof S]: S[K] extends { readonly optional: true }
    ? Call<S[K]> | undefined
    : Call<S[K]>;
};

/** An open library. */
export interface Library<S extends Signatures> {
  /** The path or name under which it was found. */
  readonly path: string;
  /** The functions. They throw a TypeError for an invalid argument, before the call. */
  readonly call: Calls<S>;
  /** Unloads the library; later calls throw. */
  close(): void;
}

/** Why a library cannot be used. */
export type OpenFailureReason =
  /** The runtime may not load native libraries: Deno runs without `--allow-ffi`. */
  | "permission"
  /** No file of that name was found. */
  | "missing"
  /** A required symbol is not in the library. */
  | "symbol"
  /** The library does not support the operating system, processor or runtime. */
  | "platform";

/** A library that could not be opened. */
export interface OpenFailure {
  /** Always false. */
  readonly ok: false;
  /** The reason, for programs. */
  readonly reason: OpenFailureReason;
  /** The reason, for people: every path and its problem. */
  readonly message: string;
}

/** An open library, or why it could not be opened. */
export type OpenResult<S extends Signatures> =
  | { readonly ok: true; readonly library: Library<S> }
  | OpenFailure;

/** A function of the runtime, which does not check its arguments. */
// deno-lint-ignore no-explicit-any -- the runtimes type these per signature
export type RawCall = (...args: any[]) => unknown;

/** A library as opened by the runtime. */
export interface RawLibrary {
  /** Raw functions by symbol name; an absent optional symbol is missing here. */
  readonly symbols: Readonly<Record<string, RawCall | null | undefined>>;
  /** Unloads everything that was opened for it. */
  close(): void;
}

/** Opens the library at exactly `path`; implemented once per runtime. */
export type OpenRaw = (
  path: string,
  signatures: Signatures,
) => RawLibrary | OpenFailure;

/** Makes an {@linkcode OpenFailure}. */
export function openFailure(
  reason: OpenFailureReason,
  message: string,
): OpenFailure {
  return { ok: false, reason, message };
}

/**
 * Classifies an error of the dynamic loader by its message, which is all that the runtimes
 * report.
 */
export function failureFromLoader(path: string, error: unknown): OpenFailure {
  const text = error instanceof Error ? error.message : String(error);
  const message = `Cannot open library "${path}": ${text}`;
  if (/symbol/i.test(text)) return openFailure("symbol", message);
  if (/ELF|mach-o|exec format/i.test(text)) {
    return openFailure("platform", message);
  }
  return openFailure("missing", message);
}

/** Wraps a raw library with typed calls that check their arguments. */
export function bindLibrary<S extends Signatures>(
  path: string,
  signatures: S,
  raw: RawLibrary,
): Library<S> {
  let open = true;
  const call: Record<string, RawCall | undefined> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    const symbol = raw.symbols[name];
    if (!symbol) continue;
    call[name] = (...args) => {
      if (!open) {
        throw new Error(`Cannot call ${name}(): "${path}" has been closed`);
      }
      checkArguments(name, signature.parameters, args);
      return symbol(...args);
    };
  }
  return {
    path,
    // Filled above from the record that the type is derived from.
    call: call as unknown as Calls<S>,
    close() {
      if (!open) return;
      open = false;
      raw.close();
    },
  };
}

/** Bun silently accepts a bigint for an i32 or a float for a u32, so check first. */
function checkArguments(
  name: string,
  parameters: readonly ParameterType[],
  args: readonly unknown[],
): void {
  if (args.length !== parameters.length) {
    throw new TypeError(
      `Cannot call ${name}(): it takes ${parameters.length} arguments, ${args.length} given`,
    );
  }
  for (let i = 0; i < parameters.length; i++) {
    if (!isValueOf(parameters[i], args[i])) {
      throw new TypeError(
        `Cannot call ${name}(): argument ${i} must be ${
          EXPECTED[parameters[i]]
        }, got ${describe(args[i])}`,
      );
    }
  }
}

const EXPECTED: Readonly<Record<ParameterType, string>> = {
  i32: "an integer from -2147483648 to 2147483647",
  u32: "an integer from 0 to 4294967295",
  i64: "a signed 64-bit bigint",
  address: "an unsigned 64-bit bigint",
  buffer: "a Uint8Array or null",
};

const I64_LIMIT = 1n << 63n;
const ADDRESS_LIMIT = 1n << 64n;

function isValueOf(type: ParameterType, value: unknown): boolean {
  switch (type) {
    case "i32":
      return typeof value === "number" && (value | 0) === value;
    case "u32":
      return typeof value === "number" && (value >>> 0) === value;
    case "i64":
      return typeof value === "bigint" && value >= -I64_LIMIT &&
        value < I64_LIMIT;
    case "address":
      return typeof value === "bigint" && value >= 0n && value < ADDRESS_LIMIT;
    case "buffer":
      return value === null || value instanceof Uint8Array;
  }
}

function describe(value: unknown): string {
  switch (typeof value) {
    case "bigint":
      return `the bigint ${value}`;
    case "number":
      return `the number ${value}`;
    case "object":
      return value === null ? "null" : "an object";
    default:
      return `a value of type ${typeof value}`;
  }
}
