/**
 * Copies the parts of an error that contain no other value: class, name, message and stack.
 * Unlike structuredClone, loom keeps the name of a subclass; the encoder also keeps the own
 * properties.
 *
 * @module
 */

import * as loomErrors from "../errors.ts";

/** An error without its cause, `errors` and own properties. */
export interface ErrorHead {
  /** Index in the list of classes. */
  readonly classIndex: number;
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

/** Names of all other own enumerable properties of an error. */
export function otherErrorKeys(error: Error): string[] {
  // `errors` is special in AggregateError only.
  return Object.keys(error).filter((key) =>
    !ERROR_FIELDS.has(key) ||
    (key === "errors" && !(error instanceof AggregateError))
  );
}

/** Reads the head of an error. */
export function readErrorHead(error: Error): ErrorHead {
  const classIndex = nearestClass(error);
  const { name, message, stack } = error;
  // DOMExceptions differ only in their name. In loom's classes the name is an own field,
  // which is written as well.
  const named = classIndex >= DOM_EXCEPTION ||
    name !== CLASSES[classIndex].name;
  return {
    classIndex,
    name: named ? String(name) : undefined,
    message: message === "" && !Object.hasOwn(error, "message")
      ? undefined
      : String(message),
    stack: typeof stack === "string" ? stack : undefined,
  };
}

/** Creates an error from its head. */
export function createError(
  { classIndex, name, message, stack }: ErrorHead,
): Error {
  const error = withoutStack(() => construct(classIndex, name, message));
  if (name !== undefined && classIndex !== DOM_EXCEPTION) {
    defineHidden(error, "name", name);
  }
  // Even when it is undefined: a stack with the decoder's frames would be misleading.
  defineHidden(error, "stack", stack);
  return error;
}

/** Defines a property that is not enumerable, as the Error constructors do. */
export function defineHidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
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

function nearestClass(error: Error): number {
  for (
    let each = Object.getPrototypeOf(error);
    each !== null;
    each = Object.getPrototypeOf(each)
  ) {
    const index = CLASSES.findIndex((constructor) =>
      constructor.prototype === each
    );
    if (index >= 0) return index;
  }
  // An error of another realm: use its name, as structuredClone does.
  return Math.max(
    0,
    CLASSES.findIndex((constructor) => constructor.name === error.name),
  );
}
