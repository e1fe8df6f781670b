/**
 * The part of knitting that is used here. It is not on npm: LOOM_BENCH_KNITTING names its
 * module, as a specifier or a path (see bench/README.md).
 *
 * @module
 */

import { resolve } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

/** A function that workers find among the exports of its module. */
export interface Task<A, B> {
  readonly f: (argument: A) => B;
}

/** A function that runs in a worker. */
export type Call = <T>(argument: unknown) => Promise<T>;

interface PoolOptions {
  readonly threads: number;
  readonly payload: {
    readonly payloadMaxByteLength: number;
    readonly maxPayloadBytes: number;
  };
}

interface Knitting {
  readonly task: <A, B>(options: { f: (argument: A) => B }) => Task<A, B>;
  readonly createPool: (options: PoolOptions) => <
    T extends Record<string, Task<never, unknown>>,
  >(tasks: T) => {
    readonly call: { readonly [K in keyof T]: Call };
    readonly shutdown: () => Promise<void> | void;
  };
}

const named = process.env.LOOM_BENCH_KNITTING ?? "";
const isPath = /^\.{0,2}\//.test(named);

export const { task, createPool }: Knitting = await import(
  isPath ? pathToFileURL(resolve(named)).href : named
);
