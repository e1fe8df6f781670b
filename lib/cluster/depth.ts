/**
 * Limits how deep values from other programs may be nested.
 *
 * @module
 */

/**
 * Throws if more than `maxDepth` objects, arrays, maps or sets contain each other. Tasks
 * that walk a value recursively would otherwise run out of stack.
 */
export function checkDepth(value: unknown, maxDepth: number): void {
  if (typeof value !== "object" || value === null) return;
  const seen = new Set<object>();
  let level: object[] = [value];
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > maxDepth) {
      throw new RangeError(
        `Cannot accept value: more than ${maxDepth} objects contain each other, the limit ` +
          "maxDepth; send flatter values, or raise maxDepth on callers and hosts",
      );
    }
    const next: object[] = [];
    for (const each of level) {
      if (seen.has(each)) continue;
      seen.add(each);
      for (const child of childrenOf(each)) {
        if (typeof child === "object" && child !== null) next.push(child);
      }
    }
    level = next;
  }
}

function childrenOf(object: object): Iterable<unknown> {
  if (Array.isArray(object)) return object;
  if (ArrayBuffer.isView(object) || object instanceof ArrayBuffer) return [];
  if (object instanceof Map) return [...object.keys(), ...object.values()];
  if (object instanceof Set) return object;
  if (object instanceof Error) {
    return [object.cause, ...Object.values(object)];
  }
  return Object.values(object);
}
