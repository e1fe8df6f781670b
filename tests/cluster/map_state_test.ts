import assert from "node:assert/strict";
import { MapState } from "../../lib/cluster/map_state.ts";
import type { LastMessage, Streams } from "../../lib/cluster/streams.ts";
import { test } from "../support/test.ts";

/** The stream of states, in memory. */
class StateStream {
  last: LastMessage | undefined;
  #sequence = 0;

  /** What `MapState` uses of it. */
  get streams(): Streams {
    const replace = (_: string, data: Uint8Array, sequence: number) => {
      if (sequence !== (this.last?.sequence ?? 0)) return Promise.resolve();
      this.last = { data, sequence: ++this.#sequence };
      return Promise.resolve(this.#sequence);
    };
    return {
      replace,
      last: () => Promise.resolve(this.last),
      purge: () => Promise.resolve(this.last = undefined),
    } as unknown as Streams;
  }
}

test("The last result may be taken at any step of a commit before", async () => {
  for (let steps = 0; steps < 12; steps++) {
    for (const removed of [false, true]) {
      const stream = new StateStream();
      const { state } = await MapState.open(stream.streams, "map", "task");
      state.take(0);
      void state.commit();
      for (let i = 0; i < steps; i++) await undefined;
      state.take(1);
      const committed = state.commit();
      if (removed) {
        await state.remove();
        await Promise.all([committed, state.commit()]);
        assert.equal(stream.last, undefined);
      } else {
        await committed;
        const text = new TextDecoder().decode(stream.last!.data);
        assert.equal(JSON.parse(text).below, 2, `after ${steps} steps`);
      }
    }
  }
});
