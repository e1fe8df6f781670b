/**
 * The contract for native libraries. The same tests run on Deno and on Bun.
 *
 * @module
 */

import assert from "node:assert/strict";
import { openLibrary } from "../../ffi/open.ts";
import type { OpenResult, Signatures } from "../../ffi/library.ts";
import { test } from "../support/test.ts";

const SIGNATURES = {
  abs: { parameters: ["i32" /* int */], result: "i32" },
  htonl: { parameters: ["u32" /* uint32_t */], result: "u32" },
  llabs: { parameters: ["i64" /* long long */], result: "i64" },
  srand: { parameters: ["u32" /* unsigned */], result: "void" },
  memcpy: {
    parameters: ["buffer", /* void* */ "address", /* void* */ "address"],
    result: "address",
  },
  memset: {
    parameters: ["buffer", /* void* */ "i32", /* int */ "address"],
    result: "address",
  },
  toupper: {
    parameters: ["i32" /* int */],
    result: "i32",
    optional: true,
  },
  loom_has_no_such_symbol: { parameters: [], result: "i32", optional: true },
} as const;

test("openLibrary() returns calls that take and return every type", () => {
  const { call, close } = opened(openLibrary(["libc.so.6"], SIGNATURES));
  assert.equal(call.abs(-2147483647), 2147483647);
  assert.equal(call.htonl(0xff), 0xff000000);
  assert.equal(call.llabs(-(2n ** 62n)), 2n ** 62n);
  assert.equal(call.srand(4294967295), undefined);
  assert.equal(call.memcpy(null, 0n, 0n), 0n);
  close();
});

test("A buffer is passed by address and offset, also over shared memory", () => {
  const { call, close } = opened(openLibrary(["libc.so.6"], SIGNATURES));
  const shared = new Uint8Array(new SharedArrayBuffer(8));
  const address = call.memset(shared.subarray(2, 4), 7, 2n);
  assert.deepEqual([...shared], [0, 0, 7, 7, 0, 0, 0, 0]);
  const copy = new Uint8Array(2);
  call.memcpy(copy, address, 2n);
  assert.deepEqual([...copy], [7, 7]);
  close();
});

test("An invalid argument throws a TypeError that names the call and the argument", () => {
  const library = opened(openLibrary(["libc.so.6"], SIGNATURES));
  // Untyped, since the types would reject these mistakes.
  const call = library.call as unknown as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  const wrong: [name: string, args: unknown[], message: RegExp][] = [
    ["abs", [1n], /abs\(\): argument 0 must be an integer .* the bigint 1$/],
    ["abs", [2147483648], /argument 0/],
    ["htonl", [1.5], /htonl\(\): argument 0 .* got the number 1\.5$/],
    ["htonl", [-1], /argument 0/],
    ["llabs", [1], /must be a signed 64-bit bigint/],
    ["llabs", [2n ** 63n], /argument 0/],
    ["memset", [[1], 0, 0n], /a Uint8Array or null, got an object$/],
    ["memset", [null, 0, -1n], /argument 2 .* unsigned 64-bit/],
    ["memset", [null, 0], /takes 3 arguments, 2 given/],
  ];
  for (const [name, args, message] of wrong) {
    assert.throws(() => call[name](...args), (error: unknown) => {
      assert.ok(error instanceof TypeError);
      assert.match(error.message, message);
      return true;
    });
  }
  library.close();
});

test("A missing symbol is undefined if it is optional, or else a failure", () => {
  const library = opened(openLibrary(["libc.so.6"], SIGNATURES));
  assert.equal(library.call.toupper?.(97), 65);
  assert.equal(library.call.loom_has_no_such_symbol, undefined);
  library.close();
  const result = openLibrary(["libc.so.6"], {
    abs: { parameters: ["i32"], result: "i32" },
    loom_has_no_such_symbol: { parameters: [], result: "i32" },
  });
  assert.equal(result.ok, false);
  assert.equal(!result.ok && result.reason, "symbol");
  assert.match(result.ok ? "" : result.message, /loom_has_no_such_symbol/);
});

test("openLibrary() uses the first path that can be opened", () => {
  const paths = ["libloom-is-not-there.so", "libc.so.6"];
  const library = opened(openLibrary(paths, SIGNATURES));
  assert.equal(library.path, "libc.so.6");
  library.close();
});

test("A library that cannot be opened is a value with the reason", () => {
  const missing = openLibrary(["libloom-is-not-there.so"], SIGNATURES);
  assert.equal(!missing.ok && missing.reason, "missing");
  assert.match(missing.ok ? "" : missing.message, /libloom-is-not-there\.so/);
  const noLibrary = openLibrary(["/etc/passwd"], SIGNATURES);
  assert.equal(!noLibrary.ok && noLibrary.reason, "platform");
});

test("A call after close() throws", () => {
  const library = opened(openLibrary(["libc.so.6"], SIGNATURES));
  library.close();
  library.close();
  assert.throws(() => library.call.abs(1), /Cannot call abs\(\): .* closed/);
});

function opened<S extends Signatures>(result: OpenResult<S>) {
  if (!result.ok) assert.fail(result.message);
  return result.library;
}
