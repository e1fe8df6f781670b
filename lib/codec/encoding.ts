/**
 * Writes one message by traversing the object graph of a value.
 *
 * @module
 */

import { Attachments, writeWholeView } from "./attachments.ts";
import {
  type ErrorWriter,
  writeErrorContents,
  writeErrorHead,
} from "./error_writer.ts";
import { mapValueStep, propertyStep, Refusal, refuse } from "./errors.ts";
import { IdentityTable } from "./identity.ts";
import { isDense, kindOf, unwrap } from "./kinds.ts";
import type { WrittenShapes } from "./known_shapes.ts";
import { writeLeaf } from "./leaf_writer.ts";
import { type Fields, writeShaped } from "./shaped_objects.ts";
import { ShapeTable } from "./shapes.ts";
import { NO_SHARED_MEMORY, type SharedMemoryWriter } from "./shared_memory.ts";
import { isAscii } from "./strings.ts";
import * as tag from "./tags.ts";
import {
  checkBounds,
  tracksLength,
  type View,
  viewKind,
  viewLength,
  wholeByteLength,
} from "./views.ts";
import { ByteWriter } from "./writer.ts";

/** A container whose contents are written after the value that contains it. */
type Deferred = { readonly kind: number; readonly value: object };

/** The traversal of one message's value. One object is reused for many messages. */
export class Encoding implements ErrorWriter {
  #memory: SharedMemoryWriter = NO_SHARED_MEMORY;
  /** Where the message is written. */
  readonly writer = new ByteWriter();
  readonly #seen = new IdentityTable();
  readonly #shapes = new ShapeTable();
  readonly #known: WrittenShapes;
  readonly #attachments = new Attachments();
  readonly #deferred: Deferred[] = [];
  #byteLength = 0;
  /** Objects that earlier messages with the same memory move. */
  #movedBefore = 0;
  /** A message has begun. Near the end of the stack, discard() can throw and leave a part. */
  #isOpen = false;

  constructor(known: WrittenShapes) {
    this.#known = known;
  }

  /** Size of the finished message in bytes; 0 before that. */
  get byteLength(): number {
    return this.#byteLength;
  }

  begin(memory: SharedMemoryWriter): void {
    // The last message was neither copied nor discarded, or its discard() threw.
    if (this.#byteLength > 0 || this.#isOpen) this.discard();
    this.#isOpen = true;
    this.#memory = memory;
    this.#movedBefore = memory.moved?.length ?? 0;
    this.writer.truncate(4); // Room for structureBytes.
  }

  /** Writes one value and all its contents; `number` is appended to the label in errors. */
  root(value: unknown, label: string, number?: number): void {
    try {
      this.value(value, 0);
      if (this.#deferred.length > 0) this.#flush();
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      throw error.toError(number === undefined ? label : `${label} ${number}`);
    }
  }

  count(count: number): void {
    this.writer.varint(count);
  }

  /** Later values do not refer to the objects of earlier ones. */
  forgetObjects(): void {
    if (this.#seen.size > 0) this.#seen.truncate(0);
  }

  /** Completes the message, so that it can be copied. */
  finish(label: string): void {
    this.#seen.truncate(0);
    this.#shapes.truncate(0);
    this.#memory = NO_SHARED_MEMORY;
    if (!this.#attachments.areUnchanged()) {
      throw new Refusal("changed by a getter while it was read").toError(label);
    }
    const { length } = this.writer;
    this.writer.setUint32(0, length);
    this.#byteLength = tag.align8(length) + this.#attachments.byteLength;
    this.#isOpen = false;
  }

  copyInto(target: Uint8Array, byteOffset: number): void {
    this.writer.copyInto(target, byteOffset);
    if (this.#attachments.count > 0) {
      byteOffset += tag.align8(this.writer.length);
      this.#attachments.copyInto(target, byteOffset);
      this.#attachments.truncate(0);
    }
    // The rest of discard() is part of finish().
    this.writer.truncate(0);
    this.#byteLength = 0;
  }

  /** Drops the message and all references to objects of the user. */
  discard(): void {
    this.#truncateMoved(this.#movedBefore);
    this.#memory = NO_SHARED_MEMORY;
    this.writer.truncate(0);
    this.#seen.truncate(0);
    this.#shapes.truncate(0);
    this.#attachments.truncate(0);
    if (this.#deferred.length > 0) this.#deferred.length = 0;
    this.#byteLength = 0;
    this.#isOpen = false;
  }

  /** Writes a value; `depth` is the number of containers around it. */
  value(value: unknown, depth: number): void {
    const writer = this.writer;
    switch (typeof value) {
      case "string":
        if (value.length > tag.INLINE_TEXT && isAscii(value)) {
          writer.byte(tag.LONG_TEXT);
          writer.number(value.length);
          this.#attachments.add(value);
        } else {
          writer.byte(tag.STRING);
          writer.text(value);
        }
        break;
      case "number":
        this.writer.number(value);
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
        writer.bigint(value);
        break;
      default:
        throw refuse(value);
    }
  }

  #object(value: object, depth: number): void {
    const writer = this.writer;
    const index = this.#seen.indexOrAdd(value);
    if (index >= 0) return this.#reference(index);
    let kind = kindOf(value);
    if (kind === tag.PLAIN) {
      const shape = depth < tag.MAX_DEPTH ? this.#known.find(value) : undefined;
      if (shape !== undefined) {
        this.#seen.places[this.#seen.size - 1] = writer.length;
        return writeShaped(value as Fields, shape, this, depth + 1);
      }
      this.#known.note(value);
      kind = tag.OBJECT;
    }
    if (kind > tag.ERROR) return this.#leaf(kind, value, depth);
    const later = depth >= tag.MAX_DEPTH;
    if (later) writer.byte(tag.LATER);
    writer.byte(kind);
    if (kind === tag.ERROR) writeErrorHead(value as Error, this);
    if (later) this.#deferred.push({ kind, value });
    else this.#contents(kind, value, depth + 1);
  }

  #reference(index: number): void {
    const place = this.#seen.places[index];
    // SHAPED => SHAPED_OPEN, although the object may already be complete.
    if (place !== 0) this.writer.clearBit(place);
    this.writer.byte(tag.REFERENCE);
    this.writer.varint(index);
  }

  #flush(): void {
    // The list grows during the loop: contents that are again too deep are appended.
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
        return this.#properties(value as Fields, Object.keys(value), depth);
      case tag.ARRAY:
        return this.#elements(value as unknown[], depth);
      case tag.MAP:
        return this.#entries(value as Map<unknown, unknown>, depth);
      case tag.SET:
        return this.#members(value as Set<unknown>, depth);
      case tag.ERROR:
        return writeErrorContents(value as Error, this, depth);
    }
  }

  #properties(
    object: Fields,
    keys: string[],
    depth: number,
  ): void {
    this.#shape(keys);
    let i = 0;
    try {
      for (; i < keys.length; i++) {
        const value = object[keys[i]];
        if (value === undefined) this.#undefined(object, keys[i]);
        else this.value(value, depth);
      }
    } catch (error) {
      throw Refusal.addStep(error, propertyStep(keys[i]));
    }
  }

  /** Writes undefined, or that a getter has removed the property. */
  #undefined(object: object, key: string | number): void {
    this.writer.byte(Object.hasOwn(object, key) ? tag.UNDEFINED : tag.ABSENT);
  }

  /** Writes 1 + the number of a known list of names, or 0 and the new list. */
  #shape(keys: string[]): void {
    const writer = this.writer;
    const known = this.#shapes.find(keys);
    writer.varint(known + 1);
    if (known >= 0) return;
    this.#shapes.add(keys);
    writer.varint(keys.length);
    for (let i = 0; i < keys.length; i++) writer.text(keys[i]);
  }

  /** Writes the length, then the elements, or the properties of a sparse array. */
  #elements(array: unknown[], depth: number): void {
    const writer = this.writer;
    const length = array.length;
    writer.varint(length);
    if (!isDense(array)) {
      writer.byte(tag.SPARSE);
      const properties = array as unknown as Fields;
      return this.#properties(properties, Object.keys(array), depth);
    }
    let i = 0;
    try {
      if (length >= tag.NUMBERS_LENGTH) {
        writer.byte(tag.NUMBERS_FIRST);
        const start = writer.length;
        writer.uint32(0); // Room for the count.
        let value: unknown;
        for (; i < length; i++) {
          value = array[i];
          if (typeof value !== "number") break;
          writer.float(value);
        }
        writer.setUint32(start, i);
        // The value that ended the run of numbers; it may be a getter's, so read it once.
        if (i < length) {
          if (value === undefined) this.#undefined(array, i);
          else this.value(value, depth);
          i++;
        }
      } else {
        writer.byte(tag.DENSE);
      }
      for (; i < length; i++) {
        const value = array[i];
        if (value === undefined) this.#undefined(array, i);
        else this.value(value, depth);
      }
    } catch (error) {
      throw Refusal.addStep(error, `[${i}]`);
    }
  }

  #entries(map: Map<unknown, unknown>, depth: number): void {
    const entries = [...Map.prototype.entries.call(map)];
    this.writer.varint(entries.length);
    for (let i = 0; i < entries.length; i++) {
      const [key, value] = entries[i];
      let step = `<key ${i}>`;
      try {
        this.value(key, depth);
        step = "";
        this.value(value, depth);
      } catch (error) {
        throw Refusal.addStep(error, step || mapValueStep(key, i));
      }
    }
  }

  #members(set: Set<unknown>, depth: number): void {
    const members = [...Set.prototype.values.call(set)];
    this.writer.varint(members.length);
    let i = 0;
    try {
      for (; i < members.length; i++) this.value(members[i], depth);
    } catch (error) {
      throw Refusal.addStep(error, `<value ${i}>`);
    }
  }

  /** Writes what `write` writes, or nothing if it refuses a value. */
  tryWrite(write: () => void): void {
    const [length, size] = [this.writer.length, this.#seen.size];
    const shapeCount = this.#shapes.size;
    const { count } = this.#attachments;
    const deferredCount = this.#deferred.length;
    const movedCount = this.#memory.moved?.length ?? 0;
    try {
      write();
    } catch (failure) {
      if (!(failure instanceof Refusal)) throw failure;
      this.writer.truncate(length);
      this.#seen.truncate(size);
      this.#shapes.truncate(shapeCount);
      this.#attachments.truncate(count);
      this.#deferred.length = deferredCount;
      this.#truncateMoved(movedCount);
    }
  }

  #truncateMoved(count: number): void {
    const { moved } = this.#memory;
    if (moved) moved.length = count;
  }

  /** Writes an object that has no contents. */
  #leaf(kind: number, value: object, depth: number): void {
    if (kind === tag.VIEW) return this.#view(value as View, depth);
    if (kind !== tag.WRAPPER) {
      const { writer } = this;
      return writeLeaf(kind, value, writer, this.#attachments, this.#memory);
    }
    this.writer.byte(kind);
    this.value(unwrap(value), depth);
  }

  #view(view: View, depth: number): void {
    const byteLength = wholeByteLength(view);
    if (byteLength === 0 || this.#seen.indexOrAdd(view.buffer) >= 0) {
      return this.#otherView(view, depth);
    }
    this.writer.byte(tag.WHOLE_VIEW);
    writeWholeView(view, byteLength, this.writer, this.#attachments);
  }

  /** Writes kind, offset, length (undefined if it tracks the buffer), then the buffer. */
  #otherView(view: View, depth: number): void {
    this.writer.byte(tag.VIEW);
    const { buffer } = view;
    const fixed = buffer instanceof SharedArrayBuffer
      ? !buffer.growable
      : !buffer.resizable;
    if (!fixed) checkBounds(view);
    this.writer.byte(viewKind(view));
    this.writer.number(
      fixed && (buffer as ArrayBuffer).detached ? 0 : view.byteOffset,
    );
    this.value(
      !fixed && tracksLength(view) ? undefined : viewLength(view),
      depth,
    );
    this.#object(buffer, depth);
  }
}
