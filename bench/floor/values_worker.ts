/**
 * The worker of the floor for values.
 *
 * @module
 */

import {
  codecFor,
  FINISHED,
  SUBMITTED,
  type ValuesSetup,
  WORKER_PARKED,
} from "./values_layout.ts";
import { serveWorker } from "./worker_scope.ts";

/** How often the worker looks for a call before it sleeps. */
const SPINS = 20_000;

serveWorker((setup: ValuesSetup, ready) => {
  const codec = codecFor(setup);
  const { control, argument, result } = setup.memory;
  ready();
  for (let finished = 0;;) {
    waitForCall(control, finished);
    codec.write(result, 0, codec.read(argument, 0));
    finished = (finished + 1) | 0;
    // Publishes the result to the caller, which loads FINISHED before it reads.
    Atomics.store(control, FINISHED, finished);
  }
});

function waitForCall(control: Int32Array, finished: number): void {
  for (let spins = 0; spins < SPINS; spins++) {
    if (Atomics.load(control, SUBMITTED) !== finished) return;
    Atomics.pause();
  }
  Atomics.store(control, WORKER_PARKED, 1);
  while (Atomics.load(control, SUBMITTED) === finished) {
    Atomics.wait(control, SUBMITTED, finished);
  }
  Atomics.store(control, WORKER_PARKED, 0);
}
