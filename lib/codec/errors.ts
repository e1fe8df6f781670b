/**
 * The error for a value that cannot be sent, with the path to the value.
 *
 * @module
 */

import { isProxy } from "node:util/types";

/** Path steps shown at either end of a long path. */
const SHOWN_STEPS = 8;

/**
 * Thrown inside the encoder, which converts it to a DataCloneError. The path is collected
 * while the stack unwinds, so it costs nothing when a value can be sent.
 */
export class Refusal {
  readonly #reason: string;
  /** Innermost step first. */
  readonly #steps: string[] = [];

  constructor(reason: string) {
    this.#reason = reason;
  }

  /** The DataCloneError for a value that is called `label`. */
  toError(label: string): DOMException {
    const steps = this.#steps.toReversed();
    const hidden = steps.length - 2 * SHOWN_STEPS;
    if (hidden > 0) {
      steps.splice(SHOWN_STEPS, hidden, `…${hidden} more levels…`);
    }
    const where = steps.length === 0 ? "it" : label + steps.join("");
    return new DOMException(
      `Cannot send ${label}: ${where} is ${this.#reason}`,
      "DataCloneError",
    );
  }

  /** Adds the step that led to the value. Returns `error`, which may be any error. */
  static addStep(error: unknown, step: string): unknown {
    if (error instanceof Refusal) error.#steps.push(step);
    return error;
  }
}

/** Path step to a property: `.name` or `["odd name"]`. */
export function propertyStep(key: string): string {
  return /^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(key)
    ? `.${key}`
    : `[${JSON.stringify(key)}]`;
}

/** Path step to a Map's value: `.get("key")`, or the position of an object as key. */
export function mapValueStep(key: unknown, index: number): string {
  switch (typeof key) {
    case "string":
      return `.get(${JSON.stringify(key)})`;
    case "object":
      return key === null ? ".get(null)" : `<value ${index}>`;
    default:
      return `.get(${String(key)})`;
  }
}

/** The reason why `value`, which has no tag, cannot be sent. */
export function refuse(value: unknown): Refusal {
  if (typeof value === "function") {
    return new Refusal(
      "a function, and functions cannot be cloned; pass a module task or plain data instead",
    );
  }
  if (typeof value === "symbol") {
    return new Refusal(
      "a symbol, and symbols cannot be cloned; pass a string instead",
    );
  }
  const name = isProxy(value)
    ? "Proxy"
    : Object.prototype.toString.call(value).slice("[object ".length, -1);
  if (name === "Blob" || name === "File") {
    return new Refusal(
      `a ${name}, whose bytes cannot be read synchronously; pass await blob.arrayBuffer() instead`,
    );
  }
  const article = /^[AEIOU](?!RL)/.test(name) ? "an" : "a";
  return new Refusal(
    `${article} ${name}, which cannot be cloned; pass plain data instead`,
  );
}
