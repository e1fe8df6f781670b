import type { Random } from "./random.ts";

const CLASSES = [
  Error,
  TypeError,
  RangeError,
  SyntaxError,
  EvalError,
  URIError,
  ReferenceError,
] as const;

const VIEWS = [
  Int8Array,
  Uint8Array,
  Uint8ClampedArray,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  BigInt64Array,
  BigUint64Array,
] as const;

const KEYS = [
  "a",
  "b",
  "key",
  "__proto__",
  "constructor",
  "toString",
  "length",
  "0",
  "7",
  "",
  "naïve",
  "鍵",
  "\ud800",
  "k".repeat(40),
];

/** What {@linkcode randomValue} has made so far, for shared references and cycles. */
interface Made {
  readonly random: Random;
  readonly objects: object[];
  readonly buffers: ArrayBuffer[];
  budget: number;
}

/**
 * Makes a random value that structuredClone() can clone: a graph of containers with shared
 * references and cycles, several views of one buffer, sparse arrays, and so on.
 */
export function randomValue(random: Random): unknown {
  return randomGraph(random).value;
}

/** The same with the ArrayBuffers in it, of which some may be missing. */
export function randomGraph(
  random: Random,
): { readonly value: unknown; readonly buffers: ArrayBuffer[] } {
  const budget = random.pick([4, 16, 60]);
  const buffers: ArrayBuffer[] = [];
  const value = anyValue({ random, objects: [], buffers, budget }, 0);
  return { value, buffers };
}

function anyValue(made: Made, depth: number): unknown {
  const { random, objects } = made;
  if (made.budget-- <= 0) return random.below(100);
  const dice = random.below(depth > 6 ? 50 : 100);
  if (dice < 45) return primitive(random);
  if (dice < 52 && objects.length > 0) return random.pick(objects);
  if (dice < 64) return leaf(made);
  return container(made, depth + 1);
}

function primitive(random: Random): unknown {
  switch (random.below(9)) {
    case 0:
      return random.pick([undefined, null, true, false]);
    case 1:
      return random.pick([-0, NaN, Infinity, -Infinity, 5e-324, 2 ** 53]);
    case 2:
      return random.next() / 7;
    case 3:
      return random.next() | 0;
    case 4:
      return random.pick([127, 128, -1, -64, 2 ** 31, -(2 ** 31), 2 ** 32]);
    case 5:
      return bigint(random);
    default:
      return text(random);
  }
}

function bigint(random: Random): bigint {
  const exponent = BigInt(random.pick([0, 8, 62, 63, 64, 65, 200]));
  const magnitude = (1n << exponent) + BigInt(random.below(3)) - 1n;
  return random.below(2) === 0 ? magnitude : -magnitude;
}

function text(random: Random): string {
  const length = random.below(random.pick([3, 13, 40, 80]));
  const units = random.pick([0x80, 0x100, 0x10000]);
  let text = "";
  for (let i = 0; i < length; i++) {
    // Lone surrogates, too.
    text += String.fromCharCode(random.below(units));
  }
  return text;
}

function leaf(made: Made): object {
  const { random } = made;
  switch (random.below(6)) {
    case 0:
      return keep(
        made,
        new Date(random.pick([0, NaN, -1, 8.64e15, random.next()])),
      );
    case 1:
      return keep(
        made,
        new RegExp(
          random.pick(["a+", "[^b]", "(?<n>é)", "\\/", ""]),
          random.pick(["", "g", "iu", "ys", "dm", "v"]),
        ),
      );
    case 2:
      return keep(
        made,
        Object(random.pick([1, "text", true, false, 5n, -0, ""])),
      );
    case 3:
      return keep(made, buffer(made));
    default:
      return keep(made, view(made));
  }
}

function keep<T extends object>(made: Made, object: T): T {
  made.objects.push(object);
  return object;
}

function buffer({ random, buffers }: Made): ArrayBuffer {
  if (buffers.length > 0 && random.below(2) === 0) return random.pick(buffers);
  const byteLength = 8 * random.below(random.pick([2, 6, 60]));
  const buffer = random.below(3) === 0
    ? new ArrayBuffer(byteLength, {
      maxByteLength: byteLength + random.below(64),
    })
    : new ArrayBuffer(byteLength);
  new Uint8Array(buffer).forEach((_, i, bytes) => bytes[i] = random.next());
  buffers.push(buffer);
  return buffer;
}

function view(made: Made): object {
  const { random } = made;
  const viewed = buffer(made);
  if (random.below(5) === 0) {
    const at = random.below(viewed.byteLength + 1);
    return random.below(2) === 0
      ? new DataView(viewed, at)
      : new DataView(viewed, at, random.below(viewed.byteLength - at + 1));
  }
  const constructor = random.pick(VIEWS) as Float64ArrayConstructor;
  const size = constructor.BYTES_PER_ELEMENT;
  const first = random.below(viewed.byteLength / size + 1);
  // Without a length, a view tracks the length of a resizable buffer.
  if (random.below(2) === 0) return new constructor(viewed, first * size);
  const most = Math.floor(viewed.byteLength / size) - first;
  return new constructor(viewed, first * size, random.below(most + 1));
}

function container(made: Made, depth: number): object {
  const { random } = made;
  const count = random.below(random.pick([3, 8, 24]));
  switch (random.below(7)) {
    case 0:
      return fill(
        made,
        depth,
        keep(made, [] as unknown[]),
        count,
        (array, value, i) => {
          array[random.below(10) === 0 ? i + random.below(5) : array.length] =
            value;
        },
      );
    case 1: {
      const numbers = Array.from({ length: count }, () => random.next() / 3);
      return fill(
        made,
        depth,
        keep(made, numbers as unknown[]),
        2,
        (array, value) => {
          array.push(value);
        },
      );
    }
    case 2:
      return fill(made, depth, keep(made, new Map()), count, (map, value) => {
        map.set(anyValue(made, depth), value);
      });
    case 3:
      return fill(made, depth, keep(made, new Set()), count, (set, value) => {
        set.add(value);
      });
    case 4:
      return error(made, depth);
    default: {
      const object = keep(
        made,
        random.below(6) === 0 ? Object.create(null) : {},
      );
      return fill(made, depth, object, count, (target, value) => {
        Object.defineProperty(target, random.pick(KEYS), {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        });
      });
    }
  }
}

function fill<T extends object>(
  made: Made,
  depth: number,
  target: T,
  count: number,
  add: (target: T, value: unknown, i: number) => void,
): T {
  for (let i = 0; i < count; i++) add(target, anyValue(made, depth), i);
  return target;
}

function error(made: Made, depth: number): Error {
  const { random } = made;
  const constructor = random.pick(CLASSES);
  const error = keep(made, new constructor(text(random)));
  if (random.below(2) === 0) error.cause = anyValue(made, depth);
  return error;
}
