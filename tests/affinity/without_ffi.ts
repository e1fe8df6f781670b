/**
 * Prints the result of each function, for a process without permission for FFI.
 *
 * @module
 */

import { openLibc } from "../../ffi/libc.ts";
import { freeHelperThreads } from "../../lib/affinity/helper_threads.ts";
import {
  allowedCpus,
  pinCurrentThread,
  unpinCurrentThread,
} from "../../lib/affinity/pin.ts";
import { thisMachine } from "../../lib/placement/machine.ts";
import { cpuRecords } from "../../lib/placement/topology.ts";

const libc = openLibc();
console.log(JSON.stringify({
  libc: libc.ok ? libc.library.path : libc,
  allowed: allowedCpus(),
  pin: pinCurrentThread(0, "name"),
  unpin: unpinCurrentThread([0]),
  freedCount: freeHelperThreads([], [0]),
  topology: cpuRecords(thisMachine({ cpus: [0, 1] }).machine(true), [0, 1]),
}));
