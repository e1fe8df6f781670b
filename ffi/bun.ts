/**
 * Implements the library contract with `bun:ffi`.
 *
 * @module
 */

import process from "node:process";
import {
  failureFromLoader,
  type OpenFailure,
  openFailure,
  type RawCall,
  type RawLibrary,
  type Signatures,
} from "./library.ts";

/** The part of `bun:ffi` used here. */
interface BunFfi {
  dlopen(path: string, symbols: Record<string, BunSignature>): BunLibrary;
}

interface BunSignature {
  readonly args: readonly string[];
  readonly returns: string;
}

interface BunLibrary {
  readonly symbols: Readonly<Record<string, RawCall>>;
  close(): void;
}

const NATIVE_TYPES = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  address: "u64",
  buffer: "ptr",
  void: "void",
} as const;

/** Whether this runtime is Bun. */
export function isBun(): boolean {
  return "Bun" in globalThis;
}

/** Opens the library at `path`. */
export function openWithBun(
  path: string,
  signatures: Signatures,
): RawLibrary | OpenFailure {
  const ffi = bunFfi();
  if (ffi === undefined) {
    return openFailure(
      "platform",
      `Cannot open library "${path}": the runtime is not Bun, or is Bun without FFI`,
    );
  }
  const required: Record<string, BunSignature> = {};
  const optional: [name: string, signature: BunSignature][] = [];
  for (const [name, signature] of Object.entries(signatures)) {
    const native = {
      args: signature.parameters.map((type) => NATIVE_TYPES[type]),
      returns: NATIVE_TYPES[signature.result],
    };
    if (signature.optional) optional.push([name, native]);
    else required[name] = native;
  }
  try {
    return openAll(ffi, path, required, optional);
  } catch (error) {
    return failureFromLoader(path, error);
  }
}

/** In Bun, dlopen fails if any symbol is missing, so open optional ones one by one. */
function openAll(
  ffi: BunFfi,
  path: string,
  required: Record<string, BunSignature>,
  optional: readonly [name: string, signature: BunSignature][],
): RawLibrary {
  const opened = [ffi.dlopen(path, required)];
  const symbols = { ...opened[0].symbols };
  for (const [name, signature] of optional) {
    try {
      const library = ffi.dlopen(path, { [name]: signature });
      opened.push(library);
      symbols[name] = library.symbols[name];
    } catch {
      // Optional symbols may be missing.
    }
  }
  return {
    symbols,
    close() {
      for (const library of opened) library.close();
    },
  };
}

/** Not an import, since Deno would try to resolve it and has no such module. */
function bunFfi(): BunFfi | undefined {
  if (!isBun()) return undefined;
  const { getBuiltinModule } = process as unknown as {
    getBuiltinModule?: (name: string) => unknown;
  };
  return getBuiltinModule?.("bun:ffi") as BunFfi | undefined;
}
