import assert from "node:assert/strict";
import { parseJunit } from "./junit.ts";
import { test } from "./test.ts";

test("parseJunit() counts the report of Deno", () => {
  const xml = `<testsuites><testsuite>
        <testcase name="good" time="0.001">
        </testcase>
        <testcase name="bad" time="0.003">
            <failure message="1 !== 2">stack</failure>
        </testcase>
        <testcase name="cut off" time="0.000">
            <error message="Cancelled"/>
        </testcase>
        <testcase name="left out (skipped: no &lt;GPU&gt; &amp; &quot;driver&quot;)" time="0.000">
            <skipped/>
        </testcase>
    </testsuite></testsuites>`;

  assert.deepEqual(parseJunit(xml), {
    passed: 1,
    failed: 2,
    skipped: ['left out (skipped: no <GPU> & "driver")'],
  });
});

test("parseJunit() counts the report of Bun, whose passed cases have no end tag", () => {
  const xml = `<testsuites><testsuite>
    <testcase name="a -&gt; b" time="0.000183" line="41" />
    <testcase name="bad" time="0.009872"><failure type="Error">x</failure></testcase>
    <testcase name="good" time="0" />
    <testcase name="left out" time="0"><skipped /></testcase>
  </testsuite></testsuites>`;

  assert.deepEqual(parseJunit(xml), {
    passed: 2,
    failed: 1,
    skipped: ["left out"],
  });
});
