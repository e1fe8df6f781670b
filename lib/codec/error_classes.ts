/**
 * The error classes of the user that arrive as themselves.
 *
 * @module
 */

import * as loomErrors from "../errors.ts";

/** A class of errors, or a function constructor whose prototype inherits from `Error`. */
export interface ErrorClass {
  /** Name of the class. */
  readonly name: string;
  /** Prototype of the errors. */
  readonly prototype: Error;
}

/** Settings of {@linkcode registerError}. */
export interface RegisterErrorOptions {
  /** Name that both threads use for the class; by default that of the class. */
  readonly name?: string;
}

/** The registered classes of this thread, in both directions. */
interface Registry {
  readonly prototypes: Map<string, object>;
  readonly names: Map<object, string>;
}

const KEY = Symbol.for("@loom/runtime.errorClasses");
/** Shared through a global symbol, so that two copies of the library use one registry. */
const registry = findRegistry();

/**
 * Registers a class of errors, so that its errors arrive on this thread as instances of it.
 *
 * Both threads register the class, usually at the top level of the module that defines it.
 * An error whose class is registered here under the name that its thread uses gets the
 * prototype of the class and its own properties. The constructor does not run, so private
 * fields are missing. Elsewhere the error arrives as its nearest built-in class.
 *
 * @param errorClass The class. Registering it again under the same name has no effect.
 * @param options Another name, for example for a class whose name is minified.
 * @throws {TypeError} If `errorClass` is no class of errors or is built in, or its name is
 *   missing or in use.
 *
 * @example Usage
 * ```ts
 * import { registerError } from "@loom/runtime";
 *
 * export class ParseError extends Error {
 *   line = 0;
 * }
 * registerError(ParseError);
 * ```
 */
export function registerError(
  errorClass: ErrorClass,
  options: RegisterErrorOptions = {},
): void {
  const prototype = typeof errorClass === "function"
    ? (errorClass as ErrorClass).prototype as unknown
    : undefined;
  if (!(prototype instanceof Error)) {
    throw new TypeError(
      `Cannot register error class: ${
        describe(errorClass)
      } does not extend Error; pass a ` +
        `class of errors`,
    );
  }
  const name: unknown = options.name ?? errorClass.name;
  if (typeof name !== "string" || name === "") {
    throw new TypeError(
      "Cannot register error class: it has no name; pass { name }",
    );
  }
  if (isBuiltIn(errorClass)) {
    throw new TypeError(
      `Cannot register error class ${name}: its errors arrive as themselves already; register ` +
        `a class that extends it`,
    );
  }
  const { prototypes, names } = registry;
  const other = prototypes.get(name);
  if (other !== undefined && other !== prototype) {
    throw new TypeError(
      `Cannot register error class ${name}: another class is registered under this name; ` +
        `pass another { name }`,
    );
  }
  const before = names.get(prototype);
  if (before !== undefined && before !== name) {
    throw new TypeError(
      `Cannot register error class ${name}: it is registered as ${before}; register it once`,
    );
  }
  prototypes.set(name, prototype);
  names.set(prototype, name);
}

/** The name under which the class with this prototype is registered. */
export function registeredName(prototype: object): string | undefined {
  return registry.names.get(prototype);
}

/** The prototype of the class that is registered under `name`. */
export function registeredPrototype(name: string): object | undefined {
  return registry.prototypes.get(name);
}

function findRegistry(): Registry {
  const globals = globalThis as { [KEY]?: Registry };
  if (globals[KEY] === undefined) {
    const value: Registry = { prototypes: new Map(), names: new Map() };
    Object.defineProperty(globalThis, KEY, { value });
  }
  return globals[KEY]!;
}

function isBuiltIn(errorClass: ErrorClass): boolean {
  return Object.values<ErrorClass>(loomErrors).includes(errorClass) ||
    (Object.getOwnPropertyDescriptor(globalThis, errorClass.name)?.value ===
        errorClass &&
      /\{\s*\[native code\]\s*\}$/.test(
        Function.prototype.toString.call(errorClass),
      ));
}

function describe(value: unknown): string {
  return typeof value === "function" ? value.name || "it" : `${typeof value}`;
}
