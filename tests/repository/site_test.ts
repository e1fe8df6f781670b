import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findFaults } from "../../.site/links.ts";
import {
  guideItems,
  pages,
  projectItems,
  REPOSITORY,
  siteLink,
} from "../../.site/pages.ts";
import { ROOT } from "../support/runtimes.ts";
import { test } from "../support/test.ts";
import { linkTargets } from "./markdown.ts";

test("Every link of a page leads somewhere on the site or in the repository", () => {
  // siteLink() throws if there is no such file.
  for (const page of pages()) {
    const text = readFileSync(`${ROOT}/${page}`, "utf8");
    for (const link of linkTargets(text)) siteLink(page, link);
  }
});

test("The navigation of the site has every page but the two first pages", () => {
  const linked = [...guideItems(), ...projectItems()].map(({ link }) => link);
  const missing = pages().filter((page) =>
    !linked.includes(siteLink("README.md", page))
  );
  assert.deepEqual(missing, ["README.md", "docs/README.md"]);
});

test("siteLink() keeps links between pages inside the site", () => {
  const link = (href: string) => siteLink("docs/calls.md", href);
  assert.equal(
    link("values.md#shared-memory"),
    "/docs/values.md#shared-memory",
  );
  assert.equal(link("README.md"), "/docs/index.md");
  assert.equal(link("../README.md"), "/index.md");
  assert.equal(
    link(`${REPOSITORY}/blob/main/docs/errors.md`),
    "/docs/errors.md",
  );
  assert.equal(link("../mod.ts#L1"), `${REPOSITORY}/blob/main/mod.ts#L1`);
  assert.equal(link("#limits"), "#limits");
  assert.equal(link("https://a.example/"), "https://a.example/");
  assert.throws(() => link("valves.md"), /there is no docs\/valves\.md/);
});

test("findFaults() finds dead links and headings, and files from elsewhere", () => {
  const folder = mkdtempSync(join(tmpdir(), "loom-site-"));
  try {
    mkdirSync(join(folder, "docs"));
    writeFileSync(
      join(folder, "index.html"),
      [
        '<a href="docs/">', // has an index
        '<a href="/loom/docs/index.html#one">',
        '<a href="docs/index.html#two">',
        '<a href="/docs/index.html">', // not under the base
        '<img src="none.svg">',
        '<a href="https://a.example/">',
        '<script src="https://b.example/c.js"></script>',
        "<script>'<a href=\"none.html\">'</script>",
      ].join("\n"),
    );
    writeFileSync(join(folder, "docs/index.html"), '<h1 id="one">');
    writeFileSync(join(folder, "a.css"), "@import url(//d.example/e.css)");

    assert.deepEqual(findFaults(folder, "/loom/"), [
      "a.css loads //d.example/e.css",
      "index.html links to docs/index.html#two, which is not there",
      "index.html links to /docs/index.html, which is not there",
      "index.html links to none.svg, which is not there",
      "index.html loads https://b.example/c.js",
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
