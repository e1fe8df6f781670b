import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { TASK_GLOBALS } from "../../lib/parallel/task_globals.ts";
import { findOuterUses } from "../../lib/tasks/free_names.ts";
import {
  AMBIGUOUS_NAMES,
  ENVIRONMENT_NAMES,
  GLOBAL_NAMES,
} from "../../lib/tasks/global_names.ts";
import {
  COMMON_NAMES,
  DISTINCT_NAMES,
} from "../../lib/tasks/injected_names.ts";
import { parseExpression, type SyntaxNode } from "../../lib/tasks/parser.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";

/** Expressions of functions, each with the names that it does not declare. */
const FUNCTIONS: readonly (readonly [string, string])[] = [
  ["(a, b) => a + b + c", "c"],
  ["async (a) => await f(a)", "f"],
  ["function* (a) { yield a; yield* b; }", "b"],
  ["function own(n) { return n && own(n - 1); }", ""],
  ["() => { later(); function later() {} }", ""],
  ["() => { { function inner() {} } inner(); }", "inner"],
  ["() => { if (true) { var v = 1; } return v; }", ""],
  ["() => { for (var i = 0; i < 1; i++); return i; }", ""],
  ["() => { for (let i = 0; i < 1; i++); return i; }", "i"],
  ["(list) => { for (const x of list) use(x); }", "use"],
  ["(list) => { for (x in list); }", "x"],
  ["() => { switch (k) { case 1: let k = 2; return k; } }", "k"],
  ["() => { try { a(); } catch (a) { a.b; } }", "a"],
  ["() => { try {} catch { error; } }", "error"],
  ["() => { try {} catch ({ m = d }) { m; } }", "d"],
  ["(a = b, { c, d: [e = f], ...g } = {}) => [c, e, g]", "b f"],
  ["(a = x) => { var x; return a; }", "x"],
  ["({ [key]: a }) => a", "key"],
  ["() => { let a; [a, b.c, ...d] = e; }", "b d e"],
  ["() => { ({ p: q, r = s } = t); }", "q r s t"],
  ["() => { x++; y += 1; z = 2; }", "x y z"],
  ["() => typeof a", "a"],
  ["() => ({ a: b, c, [d]: 1, e() { return f; } })", "b c d f"],
  ["() => { a: for (;;) { break a; } }", ""],
  ["() => a.b.c[d]?.e", "a d"],
  ["() => `${a}` + tag`${b}`", "a tag b"],
  [
    "() => { class A extends B { [c] = d; static e = A; static { var f; f; } #g = 1;" +
    " h() { return this.#g + i; } } return new A(); }",
    "B c d i",
  ],
  ["() => class C { m() { return C; } }", ""],
  ["() => { class C {} return () => { return C; }; }", ""],
  ["(function () { return arguments.length; })", ""],
  ["() => (() => inner)()", "inner"],
  ["() => new Map([[k, v]])", "Map k v"],
  ["() => { const { a = a2 } = b; return (b2 = a) => b2; }", "a2 b"],
  ["() => { using r = open(); return r; }", "open"],
  ["async () => { for await (const x of y) x; }", "y"],
  ["() => /re(g)/u.test(`t`) && 10n", ""],
  ["Object.values({ m(a) { return a + b; } })[0]", "Object b"],
];

for (const [source, names] of FUNCTIONS) {
  test(`Names that a function does not declare: ${source}`, () => {
    const uses = findOuterUses(`(${source}\n)`);
    assert.ok(uses !== undefined, "the parser cannot read it");
    const found = [...new Set(uses.names.map(({ name }) => name))];
    assert.deepEqual(found.sort(), names.split(" ").filter(Boolean).sort());
    assert.deepEqual(uses.keywords, []);
  });
}

/** Expressions with what they take from outside by a keyword. */
const KEYWORDS: readonly (readonly [string, string])[] = [
  ["() => this.x", "this"],
  ["() => () => this.x", "this"],
  ["() => function () { return this.x; }", ""],
  ["() => ({ m() { return this.x + super.y; } })", ""],
  ["() => class { a = this; static { this.b = () => this; } }", ""],
  ["() => class { [this.key] = 1; }", "this"],
  ["function () { return this.x; }", "this"],
  ["function () { return () => this.x; }", "this"],
  ["function Own() { this.x = 1; } ", "this"],
  ["function Own(n) { if (n) return new Own(); this.x = 1; }", ""],
  ["() => arguments[0]", "arguments"],
  ["function () { return () => arguments[0]; }", ""],
  ["() => import.meta.url", "import.meta"],
  ["() => new.target", "new.target"],
  ["(a) => #x in a", "#x"],
  ["() => class { #x = 1; has(a) { return #x in a; } }", ""],
];

for (const [source, keywords] of KEYWORDS) {
  test(`Keywords of the outer scope: ${source}`, () => {
    const uses = findOuterUses(`(${source}\n)`);
    assert.ok(uses !== undefined, "the parser cannot read it");
    assert.equal(uses.keywords.join(" "), keywords);
  });
}

test("super of a method is a keyword of the outer scope", () => {
  const uses = findOuterUses("Object.values({ m() { return super.m(); } })[0]");
  assert.deepEqual(uses?.keywords, ["super"]);
});

test("The analysis finds how a name is used, imports and eval", () => {
  const uses = findOuterUses(
    "(async () => { f(1); g.h; typeof i; j = k; eval(l);" +
      " await import('./a.ts'); await import(`./${m}.ts`); await import(`${m}./`); })",
  );
  assert.deepEqual(
    uses?.names.map(({ name, use }) => `${name} ${use}`),
    "f call,g member,i typeof,j write,k read,eval call,l read,m read,m read"
      .split(","),
  );
  assert.deepEqual(uses.imports, ["./a.ts", "./"]);
  assert.equal(uses.usesEval, true);
  assert.equal(findOuterUses("(() => { no function )"), undefined);
});

test("The lists of global names hold every global of a worker of this runtime", async () => {
  const code = `
    import { parentPort } from "node:worker_threads";
    const names = Object.getOwnPropertyNames(globalThis);
    parentPort.postMessage(names);`;
  const worker = new Worker(
    new URL(`data:text/javascript,${encodeURIComponent(code)}`),
  );
  const names = await new Promise<string[]>((resolve, reject) => {
    worker.once("message", resolve);
    worker.once("error", reject);
  });
  await worker.terminate();
  // Handlers that are only assigned to, and what a runtime leaves there by accident.
  const unlisted = names.filter((name) =>
    !GLOBAL_NAMES.has(name) && !AMBIGUOUS_NAMES.has(name) &&
    !ENVIRONMENT_NAMES.has(name) && !/^on[a-z]+$/.test(name)
  );
  const leftovers = ["Window", "constructor", "getParent", "nodeBootstrap"];
  assert.deepEqual(unlisted.filter((name) => !leftovers.includes(name)), []);
  const both = [...GLOBAL_NAMES].filter((name) => AMBIGUOUS_NAMES.has(name));
  assert.deepEqual(both, []);
});

test("The lists of injected names are those of the injected functions", () => {
  assert.deepEqual(
    [...COMMON_NAMES, ...DISTINCT_NAMES].sort(),
    Object.keys(TASK_GLOBALS).sort(),
  );
});

test("A large script declares every name that it uses, but for globals", () => {
  // The parser itself: a UMD script, which tests `exports`, `module` and `define`.
  const script = readFileSync(
    `${ROOT}/node_modules/acorn/dist/acorn.js`,
    "utf8",
  );
  const uses = findOuterUses(`(function () {${script}\n})`);
  const unknown = uses!.names.map(({ name }) => name).filter((name) =>
    !GLOBAL_NAMES.has(name) && !ENVIRONMENT_NAMES.has(name)
  );
  assert.deepEqual(unknown, []);
});

test("parseExpression() reads the expression inside a function", () => {
  const tree = parseExpression("(() => 1\n)");
  const [statement] = tree!.body as SyntaxNode[];
  assert.equal((statement.expression as SyntaxNode).type, "FunctionExpression");
});
