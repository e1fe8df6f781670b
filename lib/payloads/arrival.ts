/**
 * Payloads that cannot be read yet.
 *
 * @module
 */

import { UnknownClassError } from "../codec/by_reference.ts";
import { MissingBufferError } from "./shared_buffers.ts";

/** Loads the classes that calls name, and returns when calls can be read again. */
let load: (() => Promise<void>) | undefined;
let isLoading = false;

/** Sets what this thread does when the arguments of a call have an object of an unknown class. */
export function loadClassesWith(loader: () => Promise<void>): void {
  load = loader;
}

/**
 * Whether reading arguments failed because of a buffer that may still arrive, or of a class
 * that is being loaded.
 */
export function canArriveLater(error: unknown): boolean {
  if (error instanceof MissingBufferError) return !error.isLost;
  if (!(error instanceof UnknownClassError) || load === undefined) return false;
  // Once: if the class is still unknown afterwards, the call fails with this error.
  if (!isLoading) load().finally(() => load = undefined);
  isLoading = true;
  return true;
}
