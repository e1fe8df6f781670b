/**
 * The types of settings: how a value is parsed from text (environment, flags) and
 * checked as a typed value (files, code).
 *
 * @module
 */

import { InvalidCpuSetError } from "../errors.ts";
import { formatCpuset, parseCpuset } from "../placement/cpuset.ts";

/** A valid value, or a problem in words that follow the setting's name. */
export type Check<T> = { readonly value: T } | { readonly problem: string };

/** The type of a setting. */
export interface ValueType<T> {
  /** Placeholder for the value in help text, without brackets. */
  readonly placeholder: string;
  /** The JSON Schema of the value in a config file. */
  readonly jsonSchema: Readonly<Record<string, unknown>>;
  /** Checks a value from a config file or from code. */
  fromValue(value: unknown): Check<T>;
  /** Parses a value from the environment or a flag. */
  fromText(text: string): Check<T>;
}

const SHOWN_CHARACTERS = 60;

/** Formats an invalid value for a message: short, on one line, with a recognisable type. */
export function showValue(value: unknown): string {
  if (typeof value === "string") {
    const short = [...value].slice(0, SHOWN_CHARACTERS).join("");
    return JSON.stringify(short === value ? value : `${short}…`);
  }
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (Array.isArray(value)) return "a list";
  if (value instanceof Date) return "a date";
  if (typeof value === "object" && value !== null) return "a table";
  return String(value);
}

/** A type with one message for all problems: "must be `expected`, got …". */
function simpleType<T>(
  expected: string,
  type: {
    placeholder: string;
    jsonSchema: Readonly<Record<string, unknown>>;
    fromValue(value: unknown): T | undefined;
    fromText(text: string): T | undefined;
  },
): ValueType<T> {
  const check = (value: T | undefined, given: unknown): Check<T> =>
    value === undefined
      ? { problem: `must be ${expected}, got ${showValue(given)}` }
      : { value };
  return {
    placeholder: type.placeholder,
    jsonSchema: type.jsonSchema,
    fromValue: (value) => check(type.fromValue(value), value),
    fromText: (text) => check(type.fromText(text), text),
  };
}

/** Integers from `min` to `max`; `expected` completes "must be …". */
export function integerType(
  { placeholder, expected, min, max = Number.MAX_SAFE_INTEGER }: {
    placeholder: string;
    expected: string;
    min: number;
    max?: number;
  },
): ValueType<number> {
  const fromValue = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined;
  const limit = max === Number.MAX_SAFE_INTEGER ? {} : { maximum: max };
  return simpleType(expected, {
    placeholder,
    jsonSchema: { type: "integer", minimum: min, ...limit },
    fromValue,
    fromText: (text) => fromValue(textToNumber(text)),
  });
}

/** Numbers from `min` to `max`, fractions allowed. */
export function numberType(
  { placeholder, expected, min, max }: {
    placeholder: string;
    expected: string;
    min: number;
    max: number;
  },
): ValueType<number> {
  const fromValue = (value: unknown) =>
    typeof value === "number" && value >= min && value <= max
      ? value
      : undefined;
  return simpleType(expected, {
    placeholder,
    jsonSchema: { type: "number", minimum: min, maximum: max },
    fromValue,
    fromText: (text) => fromValue(textToNumber(text)),
  });
}

/** Plain decimals only: `Number()` would also accept "", "0x10" and "1e3". */
function textToNumber(text: string): number | undefined {
  const trimmed = text.trim();
  return /^-?\d+(\.\d+)?$/.test(trimmed) ? Number(trimmed) : undefined;
}

const BYTES_PER_UNIT: ReadonlyMap<string, number> = new Map([
  ["b", 1],
  ["kb", 1000],
  ["mb", 1000 ** 2],
  ["gb", 1000 ** 3],
  ["kib", 1024],
  ["mib", 1024 ** 2],
  ["gib", 1024 ** 3],
]);

/** A size in bytes from `min` to `max`: a number, or text such as `64MiB` or `2 GB`. */
export function byteSizeType(
  { min, max }: { min: number; max: number },
): ValueType<number> {
  const fromValue = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= min && Number(value) <= max
      ? Number(value)
      : undefined;
  const fromText = (text: string) => {
    const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
    const unit = BYTES_PER_UNIT.get(match?.[2]?.toLowerCase() || "b");
    return match === null || unit === undefined
      ? undefined
      : fromValue(Number(match[1]) * unit);
  };
  return simpleType(
    `a number of bytes from ${min} to ${max}, such as 1048576 or "64MiB"`,
    {
      placeholder: "size",
      jsonSchema: {
        anyOf: [
          { type: "integer", minimum: min, maximum: max },
          {
            type: "string",
            pattern:
              "^\\s*\\d+(\\.\\d+)?\\s*([kKmMgG]?[bB]|[kKmMgG][iI][bB])?\\s*$",
          },
        ],
      },
      fromValue: (value) =>
        typeof value === "string" ? fromText(value) : fromValue(value),
      fromText,
    },
  );
}

const NAME_CHARACTERS = 64;

/** A name that can be part of a thread's name and of a path. */
export function nameType(): ValueType<string> {
  const fromText = (text: string) => {
    const count = [...text].length;
    const fits = count >= 1 && count <= NAME_CHARACTERS &&
      !/[\p{Cc}/]/u.test(text);
    return fits ? text : undefined;
  };
  return simpleType(
    `1 to ${NAME_CHARACTERS} characters, none of them "/" or a control character`,
    {
      placeholder: "name",
      jsonSchema: {
        type: "string",
        minLength: 1,
        maxLength: NAME_CHARACTERS,
        pattern: "^[^/\\u0000-\\u001f\\u007f-\\u009f]*$",
      },
      fromValue: (value) =>
        typeof value === "string" ? fromText(value) : undefined,
      fromText,
    },
  );
}

const BOOLEAN_WORDS: ReadonlyMap<string, boolean> = new Map([
  ["true", true],
  ["yes", true],
  ["on", true],
  ["1", true],
  ["false", false],
  ["no", false],
  ["off", false],
  ["0", false],
]);

/** A boolean. */
export function booleanType(): ValueType<boolean> {
  return booleanOrWordType<never>();
}

/** A boolean, or one of several words. */
export function booleanOrWordType<W extends string>(
  ...words: W[]
): ValueType<boolean | W> {
  const find = (value: unknown) => words.find((word) => word === value);
  const quoted = words.map((word) => JSON.stringify(word));
  const expected = words.length === 0
    ? "true or false"
    : `true, false, ${quoted.join(" or ")}`;
  return simpleType<boolean | W>(expected, {
    placeholder: ["true", "false", ...words].join("|"),
    jsonSchema: { enum: [true, false, ...words] },
    fromValue: (value) => typeof value === "boolean" ? value : find(value),
    fromText: (text) => {
      const lower = text.trim().toLowerCase();
      return find(lower) ?? BOOLEAN_WORDS.get(lower);
    },
  });
}

/** One of several words; text is compared without regard to case. */
export function choiceType<W extends string>(...words: W[]): ValueType<W> {
  const find = (value: unknown) => words.find((word) => word === value);
  return simpleType<W>(`one of ${words.join(", ")}`, {
    placeholder: words.join("|"),
    jsonSchema: { enum: words },
    fromValue: find,
    fromText: (text) => find(text.trim().toLowerCase()),
  });
}

/** A list of CPUs in the format of taskset and numactl; converted to its shortest form. */
export function cpusetType(): ValueType<string> {
  const fromText = (text: string): Check<string> => {
    try {
      return { value: formatCpuset(parseCpuset(text)) };
    } catch (error) {
      if (!(error instanceof InvalidCpuSetError)) throw error;
      // The parser quotes the text, so remove only the start of its message.
      const got = error.message.replace("Cannot parse cpuset ", "");
      return { problem: `must be a list of CPUs, got ${got}` };
    }
  };
  return {
    placeholder: "cpus",
    jsonSchema: {
      anyOf: [
        { type: "string", pattern: "^[0-9,:\\s-]+$" },
        { type: "integer", minimum: 0 },
      ],
    },
    fromText,
    // YAML reads an unquoted `5` as a number; it means CPU 5.
    fromValue: (value) =>
      typeof value === "string" || Number.isSafeInteger(value)
        ? fromText(String(value))
        : {
          problem: `must be a list of CPUs such as "0-3,8", got ${
            showValue(value)
          }`,
        },
  };
}

/** A GPU, by its index or by its UUID as NVML prints it. */
export function cudaDeviceType(): ValueType<number | string> {
  const uuid = /^(GPU|MIG)-[0-9A-Za-z-]+(\/\d+\/\d+)?$/;
  const fromIndex = (value: unknown) =>
    Number.isSafeInteger(value) && Number(value) >= 0
      ? Number(value)
      : undefined;
  const fromText = (text: string) => {
    const trimmed = text.trim();
    if (uuid.test(trimmed)) return trimmed;
    return /^\d+$/.test(trimmed) ? fromIndex(Number(trimmed)) : undefined;
  };
  return simpleType<number | string>(
    "a GPU index such as 0 or a UUID that begins with GPU- or MIG-",
    {
      placeholder: "index|uuid",
      jsonSchema: {
        anyOf: [
          { type: "integer", minimum: 0 },
          {
            type: "string",
            pattern: "^\\s*(\\d+|(GPU|MIG)-[0-9A-Za-z-]+(/\\d+/\\d+)?)\\s*$",
          },
        ],
      },
      fromValue: (value) =>
        typeof value === "string" ? fromText(value) : fromIndex(value),
      fromText,
    },
  );
}

/** A boolean, or the path of a file. */
export function booleanOrPathType(): ValueType<boolean | string> {
  // Otherwise a misspelt boolean would be a path.
  const path = (text: string) =>
    text.includes("/") && !text.includes("\0") ? text : undefined;
  return simpleType<boolean | string>(
    'true, false, or a path with a "/"',
    {
      placeholder: "true|false|path",
      jsonSchema: {
        anyOf: [{ type: "boolean" }, { type: "string", pattern: "/" }],
      },
      fromValue: (value) =>
        typeof value === "string"
          ? path(value)
          : typeof value === "boolean"
          ? value
          : undefined,
      fromText: (text) =>
        BOOLEAN_WORDS.get(text.trim().toLowerCase()) ?? path(text),
    },
  );
}

/** A host and a port that only programs of the same machine reach. */
export function loopbackType(): ValueType<string> {
  const pattern =
    /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\]):(\d{1,5})$/;
  const fromText = (text: string) => {
    const found = pattern.exec(text.trim());
    return found !== null && Number(found[2]) < 2 ** 16 ? found[0] : undefined;
  };
  return simpleType<string>(
    "an address of this machine alone, such as 127.0.0.1:9000, with port 0 for any",
    {
      placeholder: "host:port",
      jsonSchema: { type: "string", pattern: pattern.source },
      fromValue: (value) =>
        typeof value === "string" ? fromText(value) : undefined,
      fromText,
    },
  );
}
