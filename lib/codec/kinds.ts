/**
 * Finds the tag of an object. structuredClone uses the internal slots of an object, not its
 * prototype. This file looks up the prototype first, which is fast, and then confirms the
 * result by the internal slots.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import * as types from "node:util/types";
import { HANDLE_MARK, HANDLE_PROTOTYPE, isHandle } from "./shared_handle.ts";
import { isReferencePrototype, memoryOf } from "./by_reference.ts";
import {
  ARRAY,
  BUFFER,
  BY_REFERENCE,
  DATE,
  ERROR,
  MAP,
  OBJECT,
  PLAIN,
  REFUSED,
  REGEXP,
  SET,
  SHARED_BUFFER,
  SHARED_VALUE,
  URL as URL_TAG,
  URL_SEARCH_PARAMS,
  VIEW,
  WRAPPER,
} from "./tags.ts";

/** Used in this file only: the prototype does not determine the kind. */
const UNKNOWN = -1;

const isRefused = (object: object): boolean =>
  types.isPromise(object) || types.isWeakMap(object) ||
  types.isWeakSet(object) ||
  types.isGeneratorObject(object) || types.isMapIterator(object) ||
  types.isSetIterator(object) ||
  types.isSymbolObject(object) || types.isModuleNamespaceObject(object) ||
  types.isArgumentsObject(object);

const SLOT_TESTS: ReadonlyMap<number, (object: object) => boolean> = new Map([
  [MAP, types.isMap],
  [SET, types.isSet],
  [DATE, types.isDate],
  [REGEXP, types.isRegExp],
  [
    ERROR,
    (object) => types.isNativeError(object) || object instanceof DOMException,
  ],
  [VIEW, ArrayBuffer.isView],
  [BUFFER, types.isArrayBuffer],
  [SHARED_BUFFER, types.isSharedArrayBuffer],
  [
    WRAPPER,
    (object) => types.isBoxedPrimitive(object) && !types.isSymbolObject(object),
  ],
  [REFUSED, isRefused],
]);

const hrefOf = Object.getOwnPropertyDescriptor(URL.prototype, "href")!.get!;

/** The text of a URL or URLSearchParams; throws if the object is not of that kind. */
export function urlText(object: object, kind: number): string {
  return kind === URL_TAG
    ? hrefOf.call(object)
    : URLSearchParams.prototype.toString.call(object);
}

/** Tests of objects that are found by their prototype only, because these tests are slow. */
const BRAND_TESTS: ReadonlyMap<number, (object: object) => boolean> = new Map([
  [URL_TAG, (object) => hasUrlText(object, URL_TAG)],
  [URL_SEARCH_PARAMS, (object) => hasUrlText(object, URL_SEARCH_PARAMS)],
  [SHARED_VALUE, isHandle],
  [BY_REFERENCE, (object) => memoryOf(object) !== undefined],
]);

function hasUrlText(object: object, kind: number): boolean {
  try {
    urlText(object, kind);
    return true;
  } catch {
    return false;
  }
}

const kindOfPrototype = new WeakMap<object, number>([
  [Object.prototype, OBJECT],
  [Map.prototype, MAP],
  [Set.prototype, SET],
  [Date.prototype, DATE],
  [RegExp.prototype, REGEXP],
  [Error.prototype, ERROR],
  [DOMException.prototype, ERROR],
  [Object.getPrototypeOf(Uint8Array.prototype), VIEW],
  // Listed because it has its own Symbol.toStringTag on Bun, like refused classes.
  [Buffer.prototype, VIEW],
  [DataView.prototype, VIEW],
  [ArrayBuffer.prototype, BUFFER],
  [SharedArrayBuffer.prototype, SHARED_BUFFER],
  [Boolean.prototype, WRAPPER],
  [Number.prototype, WRAPPER],
  [String.prototype, WRAPPER],
  [BigInt.prototype, WRAPPER],
  [URL.prototype, URL_TAG],
  [URLSearchParams.prototype, URL_SEARCH_PARAMS],
  [HANDLE_PROTOTYPE, SHARED_VALUE],
]);

/** Above this length, isDense() counts keys in a loop, which is faster on JSC. */
const KEYS_LISTED = "Bun" in globalThis ? 8 : Infinity;

/** The tag of an object, REFUSED or PLAIN. */
export function kindOf(object: object): number {
  // By the slots, so that it is true of no proxy, and faster than a look at the prototype.
  if (ArrayBuffer.isView(object)) return VIEW;
  // First, before any operation that would call the proxy's handler.
  if (types.isProxy(object)) return REFUSED;
  if (Array.isArray(object)) return ARRAY;
  const prototype = Object.getPrototypeOf(object);
  if (prototype === Object.prototype) return PLAIN;
  if (prototype === null) return kindBySlots(object);
  let kind = kindOfPrototype.get(prototype);
  if (kind === undefined) {
    kind = classify(prototype);
    kindOfPrototype.set(prototype, kind);
  }
  if (kind === OBJECT || kind === REFUSED) return kind;
  const isOfKind = SLOT_TESTS.get(kind) ?? BRAND_TESTS.get(kind);
  if (isOfKind?.(object)) return kind;
  // Object.create(Map.prototype) is not a Map.
  const bySlots = kindBySlots(object);
  // But Object.create(Error.prototype), as old code creates its errors, is an error to all
  // who use `instanceof`.
  return kind === ERROR && bySlots === OBJECT ? ERROR : bySlots;
}

function kindBySlots(object: object): number {
  for (const [kind, test] of SLOT_TESTS) if (test(object)) return kind;
  return OBJECT;
}

/** Finds the kind of a prototype by its prototype chain. Runs once for each class. */
function classify(prototype: object): number {
  let each: object | null = prototype;
  while (each !== null) {
    const kind = kindOfPrototype.get(each);
    if (kind !== undefined) return kind;
    if (Object.hasOwn(each, HANDLE_MARK)) return SHARED_VALUE;
    if (isReferencePrototype(each)) return BY_REFERENCE;
    if (isPlatformPrototype(each)) return REFUSED;
    each = Object.getPrototypeOf(each);
  }
  // The chain has no known prototype: an object of another realm, such as node:vm's.
  return UNKNOWN;
}

/** True for built-in classes that kindOfPrototype does not list: WeakRef, Intl.Collator. */
function isPlatformPrototype(prototype: object): boolean {
  if (!Object.hasOwn(prototype, Symbol.toStringTag)) return false;
  const constructor = Object.getOwnPropertyDescriptor(prototype, "constructor")
    ?.value;
  // Generators and iterators have no constructor, or one that is not a function.
  if (typeof constructor !== "function") return true;
  // Deno writes some in JavaScript. Unlike what a program assigns to globalThis, they are not
  // enumerable there.
  return (Reflect.get(globalThis, constructor.name) === constructor &&
    !Object.prototype.propertyIsEnumerable.call(
      globalThis,
      constructor.name,
    )) ||
    /\{\s*\[native code\]\s*\}$/.test(
      Function.prototype.toString.call(constructor),
    );
}

/** The value inside a wrapper object. */
export function unwrap(wrapper: object): unknown {
  for (const { prototype } of [Boolean, Number, String, BigInt]) {
    try {
      return (prototype.valueOf as () => unknown).call(wrapper);
    } catch {
      // One of the other three.
    }
  }
}

/** Whether an array has no holes and no other own enumerable properties. */
export function isDense(array: readonly unknown[]): boolean {
  const { length } = array;
  let count = 0;
  let last: string | undefined;
  if (length > KEYS_LISTED) {
    for (last in array) count++;
  } else {
    const keys = Object.keys(array);
    count = keys.length;
    last = keys[count - 1];
  }
  // Indices come first and in order.
  return count === length && (length === 0 || last === String(length - 1));
}
