/**
 * Implements the library contract with `Deno.dlopen`.
 *
 * @module
 */

import {
  failureFromLoader,
  type OpenFailure,
  openFailure,
  type RawLibrary,
  type Signatures,
} from "./library.ts";

/** The part of Deno used here, so that users of Bun need no Deno types. */
interface DenoFfi {
  readonly permissions: {
    querySync(
      descriptor: { name: "ffi"; path: string },
    ): { readonly state: string };
  };
  dlopen(
    path: string,
    symbols: Record<string, unknown>,
  ): RawLibrary;
}

const NATIVE_TYPES = {
  i32: "i32",
  u32: "u32",
  i64: "i64",
  address: "usize",
  buffer: "buffer",
  void: "void",
} as const;

/** Whether this runtime is Deno. */
export function isDeno(): boolean {
  return denoFfi() !== undefined;
}

/** Opens the library at `path`; never prompts for a permission. */
export function openWithDeno(
  path: string,
  signatures: Signatures,
): RawLibrary | OpenFailure {
  const deno = denoFfi();
  if (deno === undefined) {
    return openFailure(
      "platform",
      `Cannot open library "${path}": the runtime is not Deno`,
    );
  }
  // Deno.dlopen would block the program with a prompt, so check the permission first.
  if (deno.permissions.querySync({ name: "ffi", path }).state !== "granted") {
    return openFailure(
      "permission",
      `Cannot open library "${path}": Deno runs without --allow-ffi`,
    );
  }
  const symbols: Record<string, unknown> = {};
  for (const [name, signature] of Object.entries(signatures)) {
    symbols[name] = {
      parameters: signature.parameters.map((type) => NATIVE_TYPES[type]),
      result: NATIVE_TYPES[signature.result],
      optional: signature.optional ?? false,
    };
  }
  try {
    return deno.dlopen(path, symbols);
  } catch (error) {
    return failureFromLoader(path, error);
  }
}

function denoFfi(): DenoFfi | undefined {
  return (globalThis as { Deno?: DenoFfi }).Deno;
}
