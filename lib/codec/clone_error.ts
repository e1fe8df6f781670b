/**
 * Copies the parts of an error that contain no other value: class, name, message and stack.
 * Unlike structuredClone, loom keeps the name of a subclass; the encoder also keeps the own
 * properties.
 *
 * @module
 */

import * as loomErrors from "../errors.ts";
import { corrupt } from "./corrupt.ts";
import { registeredName, registeredPrototype } from "./error_classes.ts";

/** An error without its cause, `errors` and own properties. */
export interface ErrorHead {
  /** Index in the list of classes. */
  readonly classIndex: number;
  /** The name of the user's class, if it is registered. */
  readonly registered: string | undefined;
  /** Undefined when it is the name of the class. */
  readonly name: string | undefined;
  /** Undefined when it is empty and not an own property. */
  readonly message: string | undefined;
  /** Undefined when the error has no stack. */
  readonly stack: string | undefined;
}

const BUILT_IN = [
  Error,
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
  AggregateError,
  DOMException,
] as const;
const DOM_EXCEPTION = BUILT_IN.indexOf(DOMException);

/** loom's own classes are included, so that callers can distinguish them. */
const CLASSES: readonly { readonly name: string; readonly prototype: Error }[] =
  [
    ...BUILT_IN,
    ...Object.values(loomErrors),
  ];

/** Properties of an error that are part of its head or that the encoder writes itself. */
const ERROR_FIELDS: ReadonlySet<string> = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
]);

/**
 * Properties of every error that the engine fills: line and column on Bun. Not made before the
 * first error is sent, as Bun loads the source map of this module to know them.
 */
let engineFields: ReadonlySet<string> | undefined;

/**
 * Names of all other own properties of an error, except getters that are not enumerable.
 * Libraries hide data such as a list of issues from the console by making it not enumerable.
 */
export function otherErrorKeys(error: Error): string[] {
  const ofEngine = engineFields ??= new Set(
    Object.getOwnPropertyNames(new Error("x")),
  );
  return Object.getOwnPropertyNames(error).filter((key) => {
    if (ERROR_FIELDS.has(key)) {
      // `errors` is special in AggregateError only.
      return key === "errors" && !(error instanceof AggregateError);
    }
    return isEnumerable(error, key) ||
      (!ofEngine.has(key) &&
        "value" in Object.getOwnPropertyDescriptor(error, key)!);
  });
}

/** Whether an own property is enumerable. */
export function isEnumerable(object: object, key: string): boolean {
  return Object.prototype.propertyIsEnumerable.call(object, key);
}

/** Reads the head of an error. */
export function readErrorHead(error: Error): ErrorHead {
  const { classIndex, registered } = nearestClass(error);
  const { name, message, stack } = error;
  // DOMExceptions differ only in their name. In loom's classes the name is an own field,
  // which is written as well.
  const named = classIndex >= DOM_EXCEPTION ||
    name !== CLASSES[classIndex].name;
  return {
    classIndex,
    registered,
    name: named ? String(name) : undefined,
    message: message === "" && !Object.hasOwn(error, "message")
      ? undefined
      : String(message),
    stack: typeof stack === "string" ? stack : undefined,
  };
}

/** Creates an error from its head. */
export function createError(
  { classIndex, registered, name, message, stack }: ErrorHead,
): Error {
  if (CLASSES[classIndex] === undefined) {
    throw corrupt(`${classIndex} is not a class of errors`);
  }
  const error = withoutStack(() => construct(classIndex, name, message));
  const prototype = registered === undefined
    ? undefined
    : registeredPrototype(registered);
  if (prototype !== undefined) Object.setPrototypeOf(error, prototype);
  if (
    name !== undefined && classIndex !== DOM_EXCEPTION &&
    !(prototype !== undefined && inherits(prototype, "name", name))
  ) {
    defineProperty(error, "name", name, false);
  }
  // Even when it is undefined: a stack with the decoder's frames would be misleading.
  defineProperty(error, "stack", stack, false);
  return error;
}

/** Whether the nearest property `key` of a prototype chain has the value. */
function inherits(prototype: object, key: string, value: unknown): boolean {
  // Without a read, which could run a getter that expects a complete error.
  for (
    let each: object | null = prototype;
    each !== null;
    each = Object.getPrototypeOf(each)
  ) {
    const found = Object.getOwnPropertyDescriptor(each, key);
    if (found !== undefined) return found.value === value;
  }
  return false;
}

/** Defines an own property, also where the prototype has a setter. */
export function defineProperty(
  object: object,
  key: string,
  value: unknown,
  enumerable: boolean,
): void {
  Object.defineProperty(object, key, {
    value,
    writable: true,
    enumerable,
    configurable: true,
  });
}

function construct(classIndex: number, name?: string, message?: string): Error {
  if (classIndex >= BUILT_IN.length) {
    // Their constructors create the message; the decoder adds the fields later.
    return Object.setPrototypeOf(
      new Error(message),
      CLASSES[classIndex].prototype,
    );
  }
  const constructor = BUILT_IN[classIndex];
  if (constructor === DOMException) return new DOMException(message, name);
  // The decoder adds its errors later.
  if (constructor === AggregateError) return new AggregateError([], message);
  return new (constructor as ErrorConstructor)(message);
}

/** Creates an error without capturing a stack; the original's stack replaces it. */
function withoutStack<T>(create: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return create();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

function nearestClass(
  error: Error,
): { readonly classIndex: number; readonly registered: string | undefined } {
  let registered: string | undefined;
  for (
    let each = Object.getPrototypeOf(error);
    each !== null;
    each = Object.getPrototypeOf(each)
  ) {
    const classIndex = CLASSES.findIndex((constructor) =>
      constructor.prototype === each
    );
    if (classIndex >= 0) return { classIndex, registered };
    registered ??= registeredName(each);
  }
  // An error of another realm: use its name, as structuredClone does.
  const classIndex = CLASSES.findIndex(({ name }) => name === error.name);
  return { classIndex: Math.max(0, classIndex), registered: undefined };
}
