/**
 * The kernel's `cpu_set_t` as bytes: CPU n is bit n % 8 of byte n / 8. This is the layout
 * of its array of longs on little-endian machines, the only ones that Deno and Bun support.
 *
 * @module
 */

/** Size of glibc's `cpu_set_t`, for 1,024 CPUs. */
export const DEFAULT_MASK_BYTES = 128;

/** Size for 65,536 CPUs, more than any kernel supports. */
export const MAX_MASK_BYTES = 8192;

/**
 * A mask of whole longs in which the bits of `cpus` are set; undefined if one of them
 * cannot be a CPU number.
 */
export function maskFromCpus(cpus: readonly number[]): Uint8Array | undefined {
  let maskBytes = DEFAULT_MASK_BYTES;
  for (const cpu of cpus) {
    const isCpu = Number.isInteger(cpu) && cpu >= 0 && cpu < MAX_MASK_BYTES * 8;
    if (!isCpu) return undefined;
    while (cpu >= maskBytes * 8) maskBytes *= 2;
  }
  const mask = new Uint8Array(maskBytes);
  for (const cpu of cpus) mask[cpu >> 3] |= 1 << (cpu & 7);
  return mask;
}

/** The CPUs whose bits are set, ascending. */
export function cpusFromMask(mask: Uint8Array): number[] {
  const cpus: number[] = [];
  for (let i = 0; i < mask.length; i++) {
    for (let byte = mask[i]; byte !== 0; byte &= byte - 1) {
      cpus.push(i * 8 + 31 - Math.clz32(byte & -byte));
    }
  }
  return cpus;
}
