/**
 * The types of mappings. This file is type-checked and never run.
 *
 * @module
 */

import {
  computeMap,
  type LoomRuntime,
  type MapOptions,
  type SettledItem,
  task,
} from "../../mod.ts";

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends
  (<X>() => X extends B ? 1 : 2) ? true : false;
/** Compiles if the mapping yields an `R`. */
declare function yields<R>(): <A>(
  mapped: AsyncIterable<A>,
  ..._: Equal<A, R> extends true ? [] : [A]
) => void;

const power = (n: number, exponent: number) => n ** exponent;
const pad = (text: string, to?: number, fill?: "0" | " ") =>
  text.padStart(to ?? 0, fill);
const join = (text: string, ...more: string[]) => text + more.join("");
const labelled = task(
  import.meta.url,
  function labelled(n: number, label: { text: string }) {
    return `${label.text} ${n}`;
  },
);

/** Arguments after the item. */
export function withArguments(stream: ReadableStream<number>): void {
  yields<number>()(computeMap([1], power, { args: [2] }));
  yields<number>()(computeMap([1], (n, by) => n * by, { args: [2] }));
  yields<string>()(
    computeMap(stream, (n, a, b) => `${n}${a.text}${b[0]}`, {
      args: [{ text: "a" }, [1, 2]],
      concurrency: 2,
    }),
  );
  yields<string>()(computeMap([1], labelled, { args: [{ text: "a" }] }));
  yields<string>()(computeMap(["a"], pad, { args: [3, "0"] }));
  yields<string>()(computeMap(["a"], pad, { args: [3] }));
  yields<string>()(computeMap(["a"], pad));
  yields<string>()(computeMap(["a"], join, { args: ["b", "c"] }));
  yields<number>()(computeMap([1], (n) => n, { args: [] }));
  yields<number>()(computeMap([1], async (n, by) => await n * by, {
    args: [2],
  }));
  const args = [2] as const;
  yields<number>()(computeMap([1], power, { args }));
  // @ts-expect-error the second argument is missing
  computeMap([1], power);
  // @ts-expect-error the second argument is missing
  computeMap([1], power, { ordered: false });
  // @ts-expect-error the second argument is missing
  computeMap([1], power, { args: [] });
  // @ts-expect-error it is a number
  computeMap([1], power, { args: ["2"] });
  // @ts-expect-error there is one argument too many
  computeMap([1], power, { args: [2, 3] });
  // @ts-expect-error "x" is none of the texts
  computeMap(["a"], pad, { args: [3, "x"] });
  // @ts-expect-error there is no such option
  computeMap([1], power, { args: [2], arguments: [2] });
  // @ts-expect-error there is no such option
  computeMap([1], (n) => n, { parallel: 2 });
  // @ts-expect-error the items are texts
  computeMap(["a"], power, { args: [2] });
}

/** What `settle` yields. */
export function settled(isSettled: boolean, options: MapOptions): void {
  yields<SettledItem<number>>()(computeMap([1], (n) => n, { settle: true }));
  yields<number>()(computeMap([1], (n) => n, { settle: false }));
  yields<number>()(computeMap([1], (n) => n, options));
  yields<number | SettledItem<number>>()(
    computeMap([1], (n) => n, { settle: isSettled }),
  );
  yields<SettledItem<number>>()(
    computeMap([1], power, { args: [2], settle: true, batch: 8 }),
  );
  yields<SettledItem<{ at: string }>>()(
    computeMap(["a"], (at) => Promise.resolve({ at }), { settle: true }),
  );
}

/** The parts of what `settle` yields. */
export async function parts(): Promise<void> {
  for await (const item of computeMap([1], (n) => n, { settle: true })) {
    item.index.toFixed();
    if (item.status === "fulfilled") item.value.toFixed();
    // @ts-expect-error a rejected item has no value
    else item.value.toFixed();
  }
}

/** The same for streams. */
export function transforms(
  runtime: LoomRuntime,
  stream: ReadableStream<number>,
): void {
  yields<number>()(
    stream.pipeThrough(runtime.computeTransform(power, { args: [2] })),
  );
  yields<SettledItem<number>>()(
    stream.pipeThrough(
      runtime.computeTransform((n: number) => n, { settle: true }),
    ),
  );
  yields<number>()(
    stream.pipeThrough(runtime.computeTransform((n) => n + 1)),
  );
  yields<SettledItem<number>>()(
    stream.pipeThrough(
      runtime.computeTransform((n, by) => n * by, { args: [2], settle: true }),
    ),
  );
  yields<number>()(runtime.computeMap(stream, power, { args: [2] }));
  // @ts-expect-error the second argument is missing
  stream.pipeThrough(runtime.computeTransform(power));
}
