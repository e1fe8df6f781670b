/**
 * Objects over shared memory that all threads of a runtime use.
 *
 * @module
 */

import { SharedWords } from "../bridge/words.ts";
import type { crossesByReference } from "../cloned.ts";
import { registerReferenceClass } from "../codec/by_reference.ts";
import {
  currentRuntime,
  runtimesOfThread,
  tryCurrentRuntime,
} from "../current.ts";
import { LoomError } from "../errors.ts";
import type { LoomRuntime } from "../runtime.ts";
import { CREATOR, NUMBER, objectWords, RUNTIME } from "../monitor/layout.ts";
import { Monitor, type MonitorRules } from "../monitor/monitor.ts";
import { ThreadWaits } from "../monitor/thread_waits.ts";

/** Which runtime a new object belongs to. */
export interface ObjectOptions {
  /** The runtime whose threads use the object; the current one by default. */
  readonly runtime?: LoomRuntime;
}

/** What the memory of a class of objects has. */
export interface Shape {
  /** Number of lines in which threads wait. */
  readonly lines: number;
  /** Bytes behind the words. */
  readonly bytes?: number;
  /** Values of words that are not 0 at first. */
  readonly state: Readonly<Record<number, number>>;
}

/** The memory of an object that has arrived, while its view is constructed. */
let arrived: SharedArrayBuffer | undefined;

/** The base class of the objects of this module. They cross by reference in calls. */
export abstract class SharedObject {
  /** Marks the type; there is no such property. */
  declare readonly [crossesByReference]: true;
  /** The memory. */
  readonly #memory: SharedArrayBuffer;
  readonly #waits: ThreadWaits;

  /**
   * For the classes of this module.
   *
   * @internal
   */
  constructor(
    runtime: LoomRuntime | undefined,
    shape: Shape,
  ) {
    const memory = arrived;
    arrived = undefined;
    this.#waits = memory === undefined
      ? ThreadWaits.of((runtime ?? currentRuntime()).endpoint)
      : waitsFor(memory);
    this.#memory = memory ?? create(this.#waits, shape);
    this.#waits.keep(keyOf(this.#memory), this);
  }

  /** The memory of an object; undefined if it is none. */
  static memoryOf(object: object): SharedArrayBuffer | undefined {
    return #memory in object ? object.#memory : undefined;
  }

  /**
   * The waits of the thread that uses it.
   *
   * @internal
   */
  static waitsOf(object: SharedObject): ThreadWaits {
    return object.#waits;
  }

  /**
   * Makes the monitor of an object.
   *
   * @internal
   */
  static monitorOf(object: SharedObject, rules: MonitorRules): Monitor {
    return new Monitor(
      new SharedWords(object.#memory),
      object.#waits,
      rules,
    );
  }
}

/** Makes objects of a class cross by reference. */
export function registerShared(
  name: string,
  sharedClass: { readonly prototype: SharedObject },
  create: () => SharedObject,
): void {
  registerReferenceClass({
    name,
    prototype: sharedClass.prototype,
    memoryOf: SharedObject.memoryOf,
    over: (memory) => {
      const known = waitsFor(memory).objects.get(keyOf(memory))?.deref();
      if (known !== undefined) return known;
      try {
        arrived = memory;
        return create();
      } finally {
        arrived = undefined;
      }
    },
  });
  shareWithCopies(name, sharedClass);
}

/** Makes `instanceof` true for the objects of other copies of the library as well. */
function shareWithCopies(
  name: string,
  sharedClass: { readonly prototype: SharedObject },
): void {
  const mark = Symbol.for(`@loom/runtime/sync.${name}`);
  Object.defineProperty(sharedClass.prototype, mark, { value: true });
  Object.defineProperty(sharedClass, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this === sharedClass) return value instanceof Object && mark in value;
      return Function.prototype[Symbol.hasInstance].call(this, value);
    },
  });
}

function create(
  waits: ThreadWaits,
  { lines, bytes = 0, state }: Shape,
): SharedArrayBuffer {
  const wordCount = objectWords(lines, waits.threadCount);
  const memory = new SharedArrayBuffer(wordCount * 4 + bytes);
  const words = new Int32Array(memory);
  for (const [word, value] of Object.entries(state)) {
    words[Number(word)] = value;
  }
  words[RUNTIME] = waits.endpoint.control.runtime;
  words[CREATOR] = waits.serial;
  words[NUMBER] = waits.nextNumber();
  return memory;
}

/** Two views of the same memory may be different objects, so its own numbers identify it. */
function keyOf(memory: SharedArrayBuffer): string {
  const words = new Int32Array(memory, 0, NUMBER + 1);
  return `${words[RUNTIME]},${words[CREATOR]},${words[NUMBER]}`;
}

/** The waits of this thread in the runtime that an object belongs to. */
function waitsFor(memory: SharedArrayBuffer): ThreadWaits {
  const [number] = new Int32Array(memory, RUNTIME * 4, 1);
  // The current one first: the workers of an inline runtime share this thread.
  for (const runtime of [tryCurrentRuntime(), ...runtimesOfThread()]) {
    if (runtime?.endpoint.control.runtime === number) {
      return ThreadWaits.of(runtime.endpoint);
    }
  }
  throw new LoomError(
    "Cannot use shared object: it belongs to another runtime, or its runtime has ended; " +
      "make one for each runtime",
  );
}
