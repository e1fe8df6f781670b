/**
 * What the hosts of the demo do.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { task } from "../../mod.ts";

/** A file and its bytes. */
export interface FileItem {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** How often each file is hashed, so that there is something to do. */
const ROUNDS = 50;

/** Hashes a file, and hashes the hash a few times. */
export const hashFile = task(
  import.meta.url,
  function hashFile({ path, bytes }: FileItem): {
    path: string;
    sha256: string;
  } {
    let sha256 = "";
    for (let i = 0; i < ROUNDS; i++) {
      sha256 = createHash("sha256").update(bytes).update(sha256).digest("hex");
    }
    return { path, sha256 };
  },
);
