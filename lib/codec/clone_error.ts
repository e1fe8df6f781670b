/**
 * The parts of an error that hold no other value: its class, name, message and
 * stack. Unlike structuredClone, loom keeps the name of a subclass, and (in the
 * encoder) the own properties.
 *
 * @module
 */

import * as loomErrors from "../errors.ts";

/** An error without its cause, `errors` and own properties. */
export interface ErrorHead {
  /** Index in the list of classes. */
  readonly classIndex: number;
  /** Undefined where it is the name of the class. */
  readonly name: string | undefined;
  readonly message: string | undefined;
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

/** loom's own classes cross as what they are, so that callers can tell them apart. */
const CLASSES: readonly { readonly name: string; readonly prototype: Error }[] =
  [
    ...BUILT_IN,
    ...Object.values(loomErrors),
  ];

/** Own properties of an error that are part of its head, or written apart. */
const ERROR_FIELDS: ReadonlySet<string> = new Set([
  "name",
  "message",
  "stack",
  "cause",
  "errors",
]);

/** Own properties of an error that are neither part of its head nor written apart. */
export function otherErrorKeys(error: Error): string[] {
  // `errors` belongs to AggregateError; elsewhere it is a property like others.
  return Object.keys(error).filter((key) =>
    !ERROR_FIELDS.has(key) ||
    (key === "errors" && !(error instanceof AggregateError))
  );
}

export function readErrorHead(error: Error): ErrorHead {
  const classIndex = nearestClass(error);
  const { name, message, stack } = error;
  // A DOMException's name is all that tells one from another.
  // So do the classes of loom, where it is a field of the error itself.
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

export function createError(
  { classIndex, name, message, stack }: ErrorHead,
): Error {
  const error = withoutStack(() => construct(classIndex, name, message));
  if (name !== undefined && classIndex !== DOM_EXCEPTION) {
    defineHidden(error, "name", name);
  }
  // Also where there is none: the decoder's own frames would mislead.
  defineHidden(error, "stack", stack);
  return error;
}

/** Defines a property as the Error constructors define theirs: not enumerable. */
export function defineHidden(error: Error, key: string, value: unknown): void {
  Object.defineProperty(error, key, {
    value,
    writable: true,
    configurable: true,
  });
}

function construct(classIndex: number, name?: string, message?: string): Error {
  if (classIndex >= BUILT_IN.length) {
    // Their constructors make messages of their own; the fields follow with the contents.
    return Object.setPrototypeOf(
      new Error(message),
      CLASSES[classIndex].prototype,
    );
  }
  const constructor = BUILT_IN[classIndex];
  if (constructor === DOMException) return new DOMException(message, name);
  // Its errors follow with the contents.
  if (constructor === AggregateError) return new AggregateError([], message);
  return new (constructor as ErrorConstructor)(message);
}

/** The original's stack replaces it, so the engine need not collect one. */
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
  // An error of another realm: go by its name, as structuredClone does.
  return Math.max(
    0,
    CLASSES.findIndex((constructor) => constructor.name === error.name),
  );
}
