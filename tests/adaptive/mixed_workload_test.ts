import assert from "node:assert/strict";
import { Normals } from "../../lib/adaptive/normals.ts";
import { AdaptivePolicy, SEND } from "../../lib/adaptive/policy.ts";
import { ADAPTIVE_DEFAULTS } from "../../lib/adaptive/settings.ts";
import { test } from "../support/test.ts";

/** Of 100 calls that are made at once: how many, and how long their function runs. */
const MIX = [[2, 800], [8, 20], [90, 1]] as const;
const BATCHES = 200;
const WORKERS = 2;
/** What a call that is sent costs its caller, and its worker. */
const CALLER_US = 1;
const WORKER_US = 1;
/** What the policy sees of each call in flight and of a late event loop. */
const { inFlightWeight, maxPressure } = ADAPTIVE_DEFAULTS;

type Choose = (task: number, inFlight: number) => boolean;
type Note = (sent: {
  readonly task: number;
  readonly us: number;
  readonly inFlight: number;
  readonly runUs: number;
}) => void;

/** Runs the batches on a caller and workers with a clock of their own; returns the time. */
function simulate(
  choose: Choose,
  ran: (task: number, us: number) => void,
  note: Note,
): number {
  let nowUs = 0;
  for (let batch = 0; batch < BATCHES; batch++) {
    const freeUs = new Array<number>(WORKERS).fill(nowUs);
    const sent: Parameters<Note>[0][] = [];
    let endUs = nowUs;
    for (const [task, [count, runUs]] of MIX.entries()) {
      for (let i = 0; i < count; i++) {
        if (!choose(task, sent.length)) {
          nowUs += runUs;
          ran(task, runUs);
          continue;
        }
        nowUs += CALLER_US;
        const worker = freeUs.indexOf(Math.min(...freeUs));
        freeUs[worker] = Math.max(nowUs, freeUs[worker]) + runUs + WORKER_US;
        const us = freeUs[worker] - nowUs;
        sent.push({ task, us, inFlight: sent.length + 1, runUs });
        endUs = Math.max(endUs, freeUs[worker]);
      }
    }
    for (const call of sent) note(call);
    nowUs = Math.max(nowUs, endUs);
  }
  return nowUs;
}

function adaptiveUs(seed: number): number {
  const policy = new AdaptivePolicy(ADAPTIVE_DEFAULTS, new Normals(seed));
  return simulate(
    (task, inFlight) => {
      const pressure = Math.min(inFlightWeight * inFlight, maxPressure);
      return policy.choose(task, pressure, undefined) === SEND;
    },
    (task, us) => policy.ran(task, us),
    ({ task, us, inFlight, runUs }) => {
      if (policy.watches(task)) policy.sent(task, us, inFlight, runUs);
    },
  );
}

test("A mix of quick and slow calls takes less time than if all or none were sent", () => {
  const nothing = () => {};
  const allUs = simulate(() => true, nothing, nothing);
  const noneUs = simulate(() => false, nothing, nothing);
  for (let seed = 1; seed <= 20; seed++) {
    const us = adaptiveUs(seed);
    assert.ok(us < 0.95 * allUs, `seed ${seed}: ${us} of ${allUs}, all sent`);
    assert.ok(us < 0.55 * noneUs, `seed ${seed}: ${us} of ${noneUs}, none`);
  }
});
