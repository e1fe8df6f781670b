import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { InvalidTaskError, task } from "../../mod.ts";
import { countUp, first, reverse, second } from "../fixtures/tasks/text.ts";
import { runtimeOfFile } from "../support/file_runtime.ts";
import { unpinned } from "../support/runtime.ts";
import { test } from "../support/test.ts";

const sharedRuntime = runtimeOfFile();

type TextModule = typeof import("../fixtures/tasks/text.ts");

const TEXT_URL = new URL("../fixtures/tasks/text.ts", import.meta.url).href;

test("A task declared with or without a name runs with the state of its module", async () => {
  await using runtime = await sharedRuntime(1);
  assert.equal(await runtime.spawnCompute(reverse, "warp"), "praw");
  assert.equal(await runtime.spawnCompute(second, "x"), "second salt:x");
  assert.equal(await runtime.spawnCompute(first, "x"), "first salt:x");
});

test("task() with a URL and a name makes a typed task of an export", async () => {
  await using runtime = await sharedRuntime(1);
  const digest = task<TextModule["digest"]>(TEXT_URL, "digest");
  const shout = task<TextModule["shout"]>(TEXT_URL, "shout");
  const hex: string = await runtime.spawnCompute(digest, "weft");
  assert.equal(hex, createHash("sha256").update("salt:weft").digest("hex"));
  assert.equal(await runtime.spawnCompute(shout, "weft"), "WEFT");
  // @ts-expect-error: for the type checker only; never called
  const wrong = () => runtime.spawnCompute(digest, 1);
  assert.equal(typeof wrong, "function");
});

test("A task called directly runs on the calling thread", async () => {
  assert.equal(reverse("warp"), "praw");
  const shout = task<TextModule["shout"]>(TEXT_URL, "shout");
  assert.equal(await shout("weft"), "WEFT");
});

test("Each worker keeps the state of a module between calls", async () => {
  // Of its own: no other test has imported the module there.
  await using runtime = await unpinned(1).build();
  const counts = [];
  for (let i = 0; i < 3; i++) counts.push(await runtime.spawnCompute(countUp));
  assert.deepEqual(counts, [1, 2, 3]);
  assert.equal(countUp(), 1, "this thread has a module of its own");
});

test("Calls made while the module is being imported all run once", async () => {
  // Of its own: no other test has imported the module there.
  await using runtime = await unpinned(1).build();
  const counts = await Promise.all(
    Array.from({ length: 100 }, () => runtime.spawnCompute(countUp)),
  );
  assert.deepEqual(
    counts.toSorted((a, b) => a - b),
    Array.from({ length: 100 }, (_, i) => i + 1),
  );
});

test("A missing export is an error that lists the exports", async () => {
  await using runtime = await sharedRuntime(1);
  for (const name of ["digset", "notAFunction"]) {
    await assert.rejects(
      runtime.spawnCompute(task<() => void>(TEXT_URL, name)),
      (error) => {
        assert.ok(error instanceof InvalidTaskError);
        assert.match(error.message, new RegExp(`Cannot load task ${name}: `));
        assert.match(error.message, /text\.ts neither declares nor exports/);
        assert.match(error.message, /it has .*\bdigest\b/);
        return true;
      },
    );
  }
});

test("A module that cannot be imported fails its own calls only", async () => {
  await using runtime = await sharedRuntime(1);
  const url = new URL("../fixtures/tasks/throws_on_import.ts", import.meta.url);
  const never = task<() => void>(url.href, "never");
  const missing = task<() => void>(new URL("./none.ts", url).href, "none");
  for (let round = 0; round < 2; round++) {
    await assert.rejects(runtime.spawnCompute(never), {
      name: "RangeError",
      message: "this module cannot start",
    });
    await assert.rejects(runtime.spawnCompute(missing), /none\.ts/);
    assert.equal(await runtime.spawnCompute(reverse, "ok"), "ko");
  }
});

test("task() refuses a wrong URL and what is no function", () => {
  const fn = () => 0;
  for (const url of ["./digest.ts", "", undefined as unknown as string]) {
    assert.throws(() => task(url, fn), {
      name: "InvalidTaskError",
      message: /must be the URL of a module, such as import\.meta\.url/,
    });
  }
  assert.throws(() => task(TEXT_URL, 1 as unknown as () => void), {
    name: "InvalidTaskError",
    message: /must be a function or the name of an export, got number/,
  });
});
