/**
 * What `console.log()` shows of an object whose fields are private.
 *
 * @module
 */

/** The part of the options of `Deno.inspect()` and of `node:util` that says how deep to go. */
interface InspectOptions {
  readonly depth?: number | null | undefined;
  /** Deno: how deep the object lies in what is shown. */
  readonly currentDepth?: number;
}

type Inspect = (value: unknown, options: InspectOptions) => string;

/**
 * Lets `console.log()`, `Deno.inspect()` and `inspect()` of `node:util` show a state in place of
 * the fields of a class.
 *
 * @param stateOf Returns what is shown.
 */
export function showState<T extends object>(
  { prototype }: { readonly prototype: T },
  stateOf: (self: T) => object,
): void {
  function show(
    self: T,
    depth: number | null | undefined,
    options: InspectOptions,
    inspect: Inspect,
  ): string {
    const { name } = self.constructor;
    if (typeof depth === "number" && depth < 0) return `[${name}]`;
    const left = { ...options, depth, currentDepth: 0 };
    return `${name} ${inspect(stateOf(self), left)}`;
  }
  Object.defineProperties(prototype, {
    [Symbol.for("Deno.customInspect")]: {
      configurable: true,
      value(this: T, inspect: Inspect, options: InspectOptions): string {
        const { depth, currentDepth = 0 } = options;
        const left = typeof depth === "number" ? depth - currentDepth : depth;
        return show(this, left, options, inspect);
      },
    },
    [Symbol.for("nodejs.util.inspect.custom")]: {
      configurable: true,
      value(
        this: T,
        depth: number | null,
        options: InspectOptions,
        inspect: Inspect,
      ): string {
        return show(this, depth, options, inspect);
      },
    },
  });
}
