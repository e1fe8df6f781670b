import { deepStrictEqual, strictEqual } from "node:assert/strict";
import fc from "fast-check";
import { sized } from "../support/stress.ts";
import { stressTest } from "../support/test.ts";
import { createCodec } from "./round_trip.ts";

const { roundTrip, roundTripKnown } = createCodec();

const anything = fc.anything({
  key: fc.oneof(
    fc.string({ unit: "binary" }),
    fc.constantFrom("__proto__", "toString", "0", ""),
  ),
  values: [
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({
      unit: fc.integer({ min: 0, max: 0xffff }).map((u) =>
        String.fromCharCode(u)
      ),
    }),
    fc.double(),
    fc.integer(),
    fc.bigInt(),
    fc.boolean(),
    fc.constantFrom(null, undefined, -0, NaN, Infinity),
  ],
  withBigInt: true,
  withBoxedValues: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withNullPrototype: true,
  withSparseArray: true,
  withTypedArray: true,
  withUnicodeString: true,
});

stressTest(
  "Decoder.decode() returns what structuredClone() returns, for any value",
  () => {
    fc.assert(
      fc.property(anything, (value) => {
        // As text, because Bun's deepStrictEqual treats different Map keys as equal.
        strictEqual(
          fc.stringify(roundTrip(value)),
          fc.stringify(structuredClone(value)),
        );
        strictEqual(
          fc.stringify(roundTripKnown(() => value)),
          fc.stringify(structuredClone(value)),
        );
      }),
      { numRuns: sized(300, 10_000) },
    );
  },
);

/** Containers that contain each other, with shared references and cycles. */
const graph = fc
  .array(
    fc.record({
      kind: fc.constantFrom("object", "array", "map", "set", "error"),
      edges: fc.array(fc.nat(), { maxLength: 5 }),
    }),
    { minLength: 1, maxLength: 60 },
  )
  .map((nodes) => {
    const made: unknown[] = nodes.map(({ kind }) => {
      if (kind === "object") return {};
      if (kind === "array") return [];
      if (kind === "error") return new RangeError("in the graph");
      return kind === "map" ? new Map() : new Set();
    });
    nodes.forEach(({ edges }, from) => {
      edges.forEach((edge, i) =>
        connect(made[from], made[edge % made.length], i)
      );
    });
    return made[0];
  });

function connect(from: unknown, to: unknown, i: number): void {
  if (from instanceof Map) from.set(i % 2 ? to : i, to);
  else if (from instanceof Set) from.add(to);
  else if (from instanceof Error) from.cause = to;
  else if (Array.isArray(from)) from[i * 2] = to;
  else (from as Record<string, unknown>)[`to${i}`] = to;
}

/**
 * Numbers objects in the order of a traversal, so that equal results mean equal structure
 * and equal identities; deepStrictEqual does not compare identities.
 */
function shapeOf(root: unknown): string[] {
  const numbers = new Map<unknown, number>();
  const lines: string[] = [];
  const visit = (value: unknown): string => {
    if (typeof value !== "object" || value === null) return String(value);
    const known = numbers.get(value);
    if (known !== undefined) return `#${known}`;
    const number = numbers.size;
    numbers.set(value, number);
    const parts = value instanceof Map
      ? [...value].map(([k, v]) => `${visit(k)}=>${visit(v)}`)
      : value instanceof Set
      ? [...value].map(visit)
      : value instanceof Error
      ? [
        value.message,
        Object.hasOwn(value, "cause") ? visit(value.cause) : "none",
      ]
      : Object.entries(value).map(([k, v]) => `${k}:${visit(v)}`);
    lines.push(`#${number} ${value.constructor.name} ${parts}`);
    return `#${number}`;
  };
  visit(root);
  return lines;
}

stressTest(
  "Decoder.decode() keeps shared references and cycles",
  () => {
    fc.assert(
      fc.property(
        graph,
        (root) => {
          deepStrictEqual(shapeOf(roundTrip(root)), shapeOf(root));
          deepStrictEqual(
            shapeOf(roundTripKnown(() => root)),
            shapeOf(root),
          );
        },
      ),
      { numRuns: sized(100, 3_000) },
    );
  },
);

stressTest(
  "arrays that begin with numbers arrive, whatever the other elements are",
  () => {
    const numbers = fc.array(fc.double(), { maxLength: 40 });
    fc.assert(
      fc.property(
        numbers,
        fc.array(anything, { maxLength: 20 }),
        (first, rest) => {
          const value = [...first, ...rest, ...first];
          strictEqual(
            fc.stringify(roundTrip(value)),
            fc.stringify(structuredClone(value)),
          );
        },
      ),
      { numRuns: sized(60, 2_000) },
    );
  },
);
