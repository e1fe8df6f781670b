/**
 * One message in the making: the walk over a value's graph.
 *
 * @module
 */

import { ERROR_FIELDS, readErrorHead } from "./clone_error.ts";
import type { SharedMemoryTable } from "./encoder.ts";
import { mapValueStep, propertyStep, Refusal, refuse } from "./errors.ts";
import { IdentityTable } from "./identity.ts";
import { kindOf } from "./kinds.ts";
import * as tag from "./tags.ts";
import {
  isOutOfBounds,
  tracksLength,
  type View,
  viewKind,
  viewLength,
} from "./views.ts";
import { ByteWriter } from "./writer.ts";

const flagsOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "flags")!
  .get!;
const sourceOf = Object.getOwnPropertyDescriptor(RegExp.prototype, "source")!
  .get!;
/** Each takes what Object.keys() costs on that engine at its cheapest; see isDense(). */
const countsKeysByLoop = "Bun" in globalThis;

/** A container whose contents wait until the value around it is complete. */
interface Deferred {
  readonly kind: number;
  readonly value: object;
}

export class Encoding {
  readonly #memory: SharedMemoryTable;
  readonly #writer = new ByteWriter();
  readonly #seen = new IdentityTable();
  readonly #attachments: ArrayBuffer[] = [];
  readonly #attachmentLengths: number[] = [];
  readonly #deferred: Deferred[] = [];
  #byteLength = 0;

  constructor(memory: SharedMemoryTable) {
    this.#memory = memory;
  }

  get byteLength(): number {
    return this.#byteLength;
  }

  begin(): void {
    this.release();
    this.#writer.varint(0);
    this.#writer.truncate(4); // Room for structureBytes.
  }

  /** Writes one value with all that it holds. */
  root(value: unknown, label: string): void {
    try {
      this.#value(value, 0);
      if (this.#deferred.length > 0) this.#flush();
    } catch (error) {
      throw error instanceof Refusal ? error.toError(label) : error;
    }
  }

  count(count: number): void {
    this.#writer.varint(count);
  }

  finish(label: string): void {
    this.#seen.truncate(0);
    this.#writer.setUint32(0, this.#writer.length);
    let byteLength = tag.align8(this.#writer.length);
    for (let i = 0; i < this.#attachments.length; i++) {
      // A getter that ran later may have resized or detached it.
      if (this.#attachments[i].byteLength !== this.#attachmentLengths[i]) {
        throw new Refusal("changed by a getter while it was read").toError(
          label,
        );
      }
      byteLength += tag.align8(this.#attachmentLengths[i]);
    }
    this.#byteLength = byteLength;
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    this.#writer.copyInto(target, byteOffset);
    byteOffset += tag.align8(this.#writer.length);
    for (const buffer of this.#attachments) {
      target.set(new Uint8Array(buffer), byteOffset);
      byteOffset += tag.align8(buffer.byteLength);
    }
  }

  /** Lets go of the message and of everything that belongs to the user. */
  release(): void {
    this.#writer.truncate(0);
    this.#seen.truncate(0);
    this.#attachments.length = 0;
    this.#attachmentLengths.length = 0;
    this.#deferred.length = 0;
    this.#byteLength = 0;
  }

  #value(value: unknown, depth: number): void {
    const writer = this.#writer;
    switch (typeof value) {
      case "string":
        writer.byte(tag.STRING);
        writer.text(value);
        break;
      case "number":
        this.#number(value);
        break;
      case "object":
        if (value === null) writer.byte(tag.NULL);
        else this.#object(value, depth);
        break;
      case "boolean":
        writer.byte(value ? tag.TRUE : tag.FALSE);
        break;
      case "undefined":
        writer.byte(tag.UNDEFINED);
        break;
      case "bigint":
        this.#bigint(value);
        break;
      default:
        throw refuse(value);
    }
  }

  #number(value: number): void {
    const writer = this.#writer;
    const integer = value | 0;
    if (integer !== value || (value === 0 && 1 / value < 0)) {
      writer.byte(tag.FLOAT);
      writer.float(value);
    } else if (integer >= 0 && integer < 128) {
      writer.byte(tag.SMALL_INTEGER + integer);
    } else {
      writer.byte(tag.INTEGER);
      writer.varint(((integer << 1) ^ (integer >> 31)) >>> 0);
    }
  }

  #bigint(value: bigint): void {
    const writer = this.#writer;
    if (BigInt.asIntN(64, value) === value) {
      writer.byte(tag.BIGINT64);
      writer.bigint64(value);
    } else {
      writer.byte(tag.BIGINT);
      writer.byte(value < 0n ? 1 : 0);
      writer.text((value < 0n ? -value : value).toString(16));
    }
  }

  #object(value: object, depth: number): void {
    const writer = this.#writer;
    const index = this.#seen.indexOrAdd(value);
    if (index >= 0) {
      writer.byte(tag.REFERENCE);
      writer.varint(index);
      return;
    }
    const kind = kindOf(value);
    if (kind > tag.ERROR) {
      this.#leaf(kind, value, depth);
      return;
    }
    const later = depth >= tag.MAX_DEPTH;
    if (later) writer.byte(tag.LATER);
    writer.byte(kind);
    if (kind === tag.ERROR) this.#errorHead(value as Error);
    if (later) this.#deferred.push({ kind, value });
    else this.#contents(kind, value, depth + 1);
  }

  #flush(): void {
    // Grows while it is walked: contents too deep for this round join at the end.
    for (const { kind, value } of this.#deferred) {
      try {
        this.#contents(kind, value, 0);
      } catch (error) {
        throw Refusal.addStep(error, "…");
      }
    }
    this.#deferred.length = 0;
  }

  #contents(kind: number, value: object, depth: number): void {
    switch (kind) {
      case tag.OBJECT:
        return this.#properties(
          value as Record<string, unknown>,
          Object.keys(value),
          depth,
        );
      case tag.ARRAY:
        return this.#elements(value as unknown[], depth);
      case tag.MAP:
        return this.#entries(value as Map<unknown, unknown>, depth);
      case tag.SET:
        return this.#members(value as Set<unknown>, depth);
      case tag.ERROR:
        return this.#errorContents(value as Error, depth);
    }
  }

  #properties(
    object: Record<string, unknown>,
    keys: string[],
    depth: number,
  ): void {
    const writer = this.#writer;
    writer.varint(keys.length);
    let i = 0;
    try {
      for (; i < keys.length; i++) {
        writer.text(keys[i]);
        this.#value(object[keys[i]], depth);
      }
    } catch (error) {
      throw Refusal.addStep(error, propertyStep(keys[i]));
    }
  }

  /** The length, then 1 and the elements, or 0 and the properties that are there. */
  #elements(array: unknown[], depth: number): void {
    const writer = this.#writer;
    const length = array.length;
    writer.varint(length);
    if (!isDense(array)) {
      writer.byte(0);
      const keys = Object.keys(array);
      return this.#properties(
        array as unknown as Record<string, unknown>,
        keys,
        depth,
      );
    }
    writer.byte(1);
    let i = 0;
    try {
      for (; i < length; i++) this.#value(array[i], depth);
    } catch (error) {
      throw Refusal.addStep(error, `[${i}]`);
    }
  }

  #entries(map: Map<unknown, unknown>, depth: number): void {
    const entries = [...Map.prototype.entries.call(map)];
    this.#writer.varint(entries.length);
    for (let i = 0; i < entries.length; i++) {
      const [key, value] = entries[i];
      let step = `<key ${i}>`;
      try {
        this.#value(key, depth);
        step = "";
        this.#value(value, depth);
      } catch (error) {
        throw Refusal.addStep(error, step || mapValueStep(key, i));
      }
    }
  }

  #members(set: Set<unknown>, depth: number): void {
    const members = [...Set.prototype.values.call(set)];
    this.#writer.varint(members.length);
    let i = 0;
    try {
      for (; i < members.length; i++) this.#value(members[i], depth);
    } catch (error) {
      throw Refusal.addStep(error, `<value ${i}>`);
    }
  }

  #errorHead(error: Error): void {
    const { classIndex, name, message, stack } = readErrorHead(error);
    this.#writer.byte(classIndex);
    this.#value(name, 0);
    this.#value(message, 0);
    this.#value(stack, 0);
  }

  /** Cause and `errors` where they are own, then the other own properties, then 0. */
  #errorContents(error: Error, depth: number): void {
    const writer = this.#writer;
    for (const field of ["cause", "errors"]) {
      // `errors` belongs to AggregateError; elsewhere it is a property like others.
      const own = Object.hasOwn(error, field) &&
        (field === "cause" || error instanceof AggregateError);
      writer.byte(own ? 1 : 0);
      if (!own) continue;
      try {
        this.#value(
          (error as unknown as Record<string, unknown>)[field],
          depth,
        );
      } catch (failure) {
        throw Refusal.addStep(failure, `.${field}`);
      }
    }
    for (const key of Object.keys(error)) {
      if (
        !ERROR_FIELDS.has(key) ||
        (key === "errors" && !(error instanceof AggregateError))
      ) {
        this.#errorProperty(key, error, depth);
      }
    }
    writer.byte(0);
  }

  /** structuredClone drops all of these, so one that cannot be sent must not hide the error. */
  #errorProperty(key: string, error: Error, depth: number): void {
    const { length } = this.#writer;
    const { size } = this.#seen;
    const attachmentCount = this.#attachments.length;
    const deferredCount = this.#deferred.length;
    try {
      this.#writer.byte(1);
      this.#writer.text(key);
      this.#value((error as unknown as Record<string, unknown>)[key], depth);
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      this.#writer.truncate(length);
      this.#seen.truncate(size);
      this.#attachments.length =
        this.#attachmentLengths.length =
          attachmentCount;
      this.#deferred.length = deferredCount;
    }
  }

  /** Objects that hold no values. */
  #leaf(kind: number, value: object, depth: number): void {
    const writer = this.#writer;
    if (kind === tag.REFUSED) throw refuse(value);
    writer.byte(kind);
    switch (kind) {
      case tag.DATE:
        writer.float(Date.prototype.getTime.call(value));
        break;
      case tag.REGEXP:
        writer.text(sourceOf.call(value));
        writer.text(flagsOf.call(value));
        break;
      case tag.WRAPPER:
        this.#value(unwrap(value), depth);
        break;
      case tag.BUFFER:
        this.#buffer(value as ArrayBuffer);
        break;
      case tag.SHARED_BUFFER:
        writer.varint(this.#memory.share(value as SharedArrayBuffer));
        break;
      case tag.VIEW:
        this.#view(value as View, depth);
        break;
    }
  }

  #buffer(buffer: ArrayBuffer): void {
    if (buffer.detached) {
      throw new Refusal(
        "a detached ArrayBuffer, whose memory was moved away; pass a copy instead",
      );
    }
    const writer = this.#writer;
    const { byteLength, resizable } = buffer;
    const attached = byteLength > tag.INLINE_BYTES;
    writer.byte(
      (attached ? tag.ATTACHED : 0) | (resizable ? tag.RESIZABLE : 0),
    );
    this.#number(byteLength);
    if (resizable) this.#number(buffer.maxByteLength);
    if (attached) {
      this.#attachments.push(buffer);
      this.#attachmentLengths.push(byteLength);
    } else {
      writer.bytes(new Uint8Array(buffer));
    }
  }

  /** Kind, offset, length (undefined if it follows the buffer's), then the whole buffer. */
  #view(view: View, depth: number): void {
    const { buffer } = view;
    const fixed = buffer instanceof SharedArrayBuffer
      ? !buffer.growable
      : !buffer.resizable;
    if (!fixed && isOutOfBounds(view)) {
      throw new Refusal(
        "a view outside of its resized buffer, which cannot be cloned; pass a view of what is there",
      );
    }
    this.#writer.byte(viewKind(view));
    this.#number(
      fixed && (buffer as ArrayBuffer).detached ? 0 : view.byteOffset,
    );
    this.#value(
      !fixed && tracksLength(view) ? undefined : viewLengthOf(view),
      depth,
    );
    this.#object(buffer, depth);
  }
}

/** A detached DataView throws at its length; the buffer's own refusal says it better. */
function viewLengthOf(view: View): number {
  return (view.buffer as ArrayBuffer).detached ? 0 : viewLength(view);
}

function unwrap(wrapper: object): unknown {
  for (const { prototype } of [Boolean, Number, String, BigInt]) {
    try {
      return (prototype.valueOf as () => unknown).call(wrapper);
    } catch {
      // One of the other three.
    }
  }
}

/** True if the elements are all that an array has: no holes, no named properties. */
function isDense(array: readonly unknown[]): boolean {
  const { length } = array;
  let count = 0;
  let last: string | undefined;
  if (countsKeysByLoop) {
    for (last in array) count++;
  } else {
    const keys = Object.keys(array);
    count = keys.length;
    last = keys[count - 1];
  }
  // Indices come first and in order.
  return count === length && (length === 0 || last === String(length - 1));
}
