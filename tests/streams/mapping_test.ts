import assert from "node:assert/strict";
import { type CallLimits, unlimited } from "../../lib/limits/call_limits.ts";
import { Mapping, type MappingHost } from "../../lib/streams/mapping.ts";
import type { AnyMapOptions } from "../../lib/streams/options.ts";
import { test } from "../support/test.ts";

const NEVER = unlimited(Infinity);

/** Whether the calls that a mapping makes then are controlled. */
function areControlled(
  limits: CallLimits,
  options: AnyMapOptions,
  given: Partial<MappingHost> = {},
) {
  const controlled: boolean[] = [];
  const made = (isControlled: boolean): Promise<never> => {
    controlled.push(isControlled);
    return new Promise(() => {});
  };
  const use = { isShared: true, findsCall: false, isShort: false };
  const mapping = new Mapping<number, number>(
    {
      workers: 1,
      one: (_fn, _args, limits) => made(limits !== undefined),
      several: (_fn, _items, _mode, limits) => made(limits !== undefined),
      useOf: () => use,
      rest: () => {},
      hurry: () => {},
      ...given,
    },
    (n) => n,
    limits,
    options,
  );
  for (const isShort of [undefined, false, true]) {
    void mapping.one(1, isShort);
    void mapping.several([1, 2], isShort);
  }
  return { controlled, use };
}

test("Only short calls that nothing but the end of the mapping cancels are plain", () => {
  const all = new Array(6).fill(true);
  const exceptShort = [true, true, true, true, false, false];
  assert.deepEqual(areControlled(NEVER, {}).controlled, exceptShort);
  const finds = { isShared: true, findsCall: true, isShort: true };
  const alone = { isShared: false, findsCall: false, isShort: true };
  const cases: [Partial<CallLimits>, AnyMapOptions, Partial<MappingHost>][] = [
    [{ timeoutMs: 1 }, {}, {}],
    [{ queueTimeoutMs: 1 }, {}, {}],
    [{ graceMs: 1 }, {}, {}],
    [{}, { key: () => 1 }, {}],
    [{}, {}, { useOf: () => finds }],
    [{}, {}, { useOf: () => alone }],
  ];
  for (const [limits, options, given] of cases) {
    const { controlled } = areControlled(
      { ...NEVER, ...limits },
      options,
      given,
    );
    assert.deepEqual(controlled, all, JSON.stringify([limits, options, given]));
  }
});

test("A mapping begins with plain calls if the function was short in the last one", () => {
  const { use } = areControlled(NEVER, {});
  assert.equal(use.isShort, true);
  const { controlled } = areControlled(NEVER, {}, { useOf: () => use });
  assert.deepEqual(controlled, [false, false, true, true, false, false]);
});
