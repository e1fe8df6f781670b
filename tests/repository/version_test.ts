import assert from "node:assert/strict";
import {
  readVersionFiles,
  releaseNotes,
  setVersion,
  type VersionFiles,
} from "../../.release/version.ts";
import { test } from "../support/test.ts";

/** What a heading of CHANGELOG.md says, from the newest to the oldest. */
const HEADING = /^## (?:\[(.+)\](?: - (.+))?|.*)$/gm;
const KINDS = /^(Added|Changed|Deprecated|Removed|Fixed|Security)$/;

const files = readVersionFiles();
const unreleased = "### Added\n\n- Something.";
const beforeRelease: VersionFiles = {
  ...files,
  "CHANGELOG.md": `# Changelog\n\n## [Unreleased]\n\n${unreleased}\n`,
};
const released = setVersion(beforeRelease, "98.7.6", "2030-01-02");

test("CHANGELOG.md is in the format of Keep a Changelog", () => {
  const changelog = files["CHANGELOG.md"];
  const [first, ...versions] = [...changelog.matchAll(HEADING)];
  assert.equal(first[0], "## [Unreleased]");
  for (const [heading, version, date] of versions) {
    assert.match(version, /^\d+\.\d+\.\d+(-[\da-z.-]+)?$/, heading);
    assert.match(date, /^\d{4}-\d\d-\d\d$/, heading);
  }
  const dates = versions.map(([, , date]) => date);
  assert.deepEqual(dates, dates.toSorted().reverse(), "the newest comes first");
  for (const [, kind] of changelog.matchAll(/^### (.*)$/gm)) {
    assert.match(kind, KINDS);
  }
});

test("The newest version in CHANGELOG.md, if there is one, is that of the package", () => {
  const [, version] = /^## \[(\d.*?)\]/m.exec(files["CHANGELOG.md"]) ?? [];
  const current = JSON.parse(files["deno.json"]).version;
  assert.equal(version ?? current, current);
});

test("setVersion() changes every file, so that the version can be released", () => {
  assert.throws(
    () => releaseNotes(beforeRelease, "v98.7.6"),
    /^Error: Cannot release v98\.7\.6: deno\.json has version .*; package\.json has.*; lib\/version\.ts has.*; CHANGELOG\.md has no changes/,
  );
  assert.equal(releaseNotes(released, "v98.7.6"), unreleased);
  assert.equal(
    released["CHANGELOG.md"],
    `# Changelog\n\n## [Unreleased]\n\n## [98.7.6] - 2030-01-02\n\n${unreleased}\n`,
  );
});

test("A release needs the same version in every file, a date, and changes", () => {
  const refused = (change: VersionFiles, fault: RegExp, tag = "v98.7.6") =>
    assert.throws(() => releaseNotes({ ...released, ...change }, tag), fault);
  for (const path of Object.keys(files)) {
    refused({ [path]: beforeRelease[path] }, new RegExp(RegExp.escape(path)));
  }
  const changelog = (text: string) => ({ "CHANGELOG.md": text });
  refused(changelog("## [98.7.6]\n\n- A.\n"), /CHANGELOG\.md/);
  refused(changelog("## [98.7.6] - 2030-01-02\n\n## [1.0.0]"), /CHANGELOG\.md/);
  refused({}, /does not begin with v/, "98.7.6");
  assert.throws(() => setVersion(files, "1.2", "2030-01-02"), /three numbers/);
  assert.throws(() => setVersion(released, "98.7.6", ""), /has it already/);
});
