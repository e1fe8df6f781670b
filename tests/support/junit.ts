/**
 * Reads the JUnit report that both test runners write.
 *
 * @module
 */

/** What a run counted, with the names of the tests it skipped. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** Each test case, up to its own end or that of the element that holds its outcome. */
const TEST_CASE = /<testcase\b([^>]*?)(?:\/>|>([\s\S]*?)<\/testcase>)/g;

/** Counts the test cases in a JUnit report; a case with an error counts as failed. */
export function parseJunit(xml: string): Counts {
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const [, attributes, body = ""] of xml.matchAll(TEST_CASE)) {
    if (/<(failure|error)\b/.test(body)) failed++;
    else if (/<skipped\b/.test(body)) skipped.push(nameOf(attributes));
    else passed++;
  }
  return { passed, failed, skipped };
}

function nameOf(attributes: string): string {
  const name = attributes.match(/\bname="([^"]*)"/)?.[1] ?? "";
  return name
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&apos;", "'")
    .replaceAll("&amp;", "&");
}
