import { ok, strictEqual } from "node:assert/strict";
import { types } from "node:util";
import { toBytes } from "../../lib/codec/encoder.ts";
import { move, moveLocally } from "../../lib/codec/moved.ts";
import { seedFor } from "../support/seed.ts";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";
import { Random } from "./random.ts";
import { randomGraph, randomValue } from "./random_values.ts";
import { createCodec, createMemoryTable } from "./round_trip.ts";

/**
 * Describes a graph of values with all that can be observed, and with a number for each
 * object. Equal descriptions mean equal values and equal identities.
 *
 * @param withErrors Whether to describe errors whole. structuredClone() keeps less of them:
 * JSC drops the cause.
 */
function describe(root: unknown, withErrors: boolean): string {
  const numbers = new Map<object, number>();
  const lines: string[] = [];
  const waiting: object[] = [];
  const name = (value: unknown): string => {
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value === "bigint") return `${value}n`;
    if (Object.is(value, -0)) return "-0";
    if (typeof value !== "object" || value === null) return String(value);
    let number = numbers.get(value);
    if (number === undefined) {
      number = numbers.size;
      numbers.set(value, number);
      waiting.push(value);
    }
    return `#${number}`;
  };
  lines.push(name(root));
  for (let object = waiting.shift(); object; object = waiting.shift()) {
    lines.push(`${name(object)} ${describeOne(object, name, withErrors)}`);
  }
  return lines.join("\n");
}

function describeOne(
  object: object,
  name: (value: unknown) => string,
  withErrors: boolean,
): string {
  // structuredClone() gives an object without a prototype that of Object.
  const kind = Object.getPrototypeOf(object)?.constructor.name ?? "Object";
  if (object instanceof Error) {
    const { message, stack } = object;
    const parts = [name(message)];
    if (withErrors) {
      parts.push(name(stack), String(Object.hasOwn(object, "cause")));
      parts.push(name(object.cause));
    }
    return `${kind} ${parts}`;
  }
  if (object instanceof ArrayBuffer) {
    const { resizable, maxByteLength } = object;
    return `${kind} ${resizable} ${maxByteLength} ${new Uint8Array(object)}`;
  }
  if (ArrayBuffer.isView(object)) {
    const { buffer, byteOffset, byteLength } = object;
    return `${kind} ${byteOffset} ${byteLength} ${name(buffer)}`;
  }
  if (object instanceof Date) return `${kind} ${object.getTime()}`;
  if (object instanceof RegExp) return `${kind} ${object}`;
  if (types.isBoxedPrimitive(object)) {
    return `${kind} ${name((object as { valueOf(): unknown }).valueOf())}`;
  }
  const parts = object instanceof Map
    ? [...object].map(([key, value]) => `${name(key)} => ${name(value)}`)
    : object instanceof Set
    ? [...object].map(name)
    : Object.entries(object).map(([key, value]) =>
      `${name(key)}: ${name(value)}`
    );
  if (Array.isArray(object)) parts.push(`length: ${object.length}`);
  return `${kind} { ${parts.join(", ")} }`;
}

stressTest(
  "a random graph of values arrives as structuredClone() would copy it",
  () => {
    const seed = seedFor("differential fuzz");
    const random = new Random(seed);
    const { roundTrip, roundTripKnown } = createCodec();
    for (let i = 0, end = sized(1_500, 200_000); i < end; i++) {
      const value = randomValue(random);
      const arrived = i % 4 === 0
        ? roundTripKnown(() => value)
        : roundTrip(value);
      const where = `value ${i} of LOOM_SEED=${seed}`;
      const text = describe(arrived, false);
      strictEqual(text, describe(structuredClone(value), false), where);
      // Errors keep more than structuredClone() keeps: all that the original has.
      if (!text.includes("Error ")) continue;
      strictEqual(describe(arrived, true), describe(value, true), where);
    }
  },
);

stressTest(
  "a random graph with moved buffers arrives as structuredClone() would transfer it",
  () => {
    const seed = seedFor("moved buffers");
    const random = new Random(seed);
    let movedCount = 0;
    for (let i = 0, end = sized(1_500, 100_000); i < end; i++) {
      const graphSeed = random.next();
      // Twice the same, because both copies detach buffers.
      const { value, buffers } = randomGraph(new Random(graphSeed));
      const twin = randomGraph(new Random(graphSeed));
      const chosen = buffers.map(() => random.below(2) === 0);
      const isChosen = (_: ArrayBuffer, index: number) => chosen[index];
      const sent = buffers.filter(isChosen).map((buffer) => move(buffer));
      const transfer = twin.buffers.filter(isChosen);

      const memory = { ...createMemoryTable(), moved: null as object[] | null };
      const { encoder, decoder } = createCodec(memory);
      const bytes = toBytes(encoder.encode(value, "value", memory));
      const objects = moveLocally(memory.moved ?? []);
      movedCount += objects.length;
      const take = (index: number) => objects[index];
      const parts = { ...memory, take };
      const arrived = decoder.decode(bytes, 0, bytes.length, parts);

      const where = `value ${i} of LOOM_SEED=${seed}`;
      const expected = structuredClone(twin.value, { transfer });
      strictEqual(describe(arrived, false), describe(expected, false), where);
      for (const buffer of sent) {
        strictEqual(buffer.detached, memory.moved?.includes(buffer) ?? false);
      }
    }
    ok(movedCount > 100);
  },
);
