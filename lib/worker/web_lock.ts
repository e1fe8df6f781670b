/**
 * Makes sure that `terminate()` ends this worker on Deno.
 *
 * @module
 */

/** The Web Locks API, as far as it is used here. */
interface LockManager {
  request(name: string, callback: () => Promise<void>): Promise<void>;
}

/**
 * Holds a lock until the worker ends.
 *
 * When a worker is terminated on Deno 2.9, "exit" is emitted at once, but code that does not
 * return goes on, whether it loops or blocks in `Atomics.wait()`. Deno interrupts it only if
 * the worker holds a Web Lock, because that must be released. Bun interrupts all workers.
 */
export function holdWebLock(): void {
  if ("Bun" in globalThis) return;
  const { locks } = navigator as unknown as { locks?: LockManager };
  const name = `loom worker ${crypto.randomUUID()}`;
  locks?.request(name, () => new Promise(() => {}));
}
