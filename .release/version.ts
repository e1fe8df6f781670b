/**
 * The version of the package. It stands in `deno.json`, `package.json` and
 * `lib/version.ts`, and CHANGELOG.md has a section for each that was released.
 *
 *     deno task release:version 1.2.3     sets it everywhere; what is unreleased becomes 1.2.3
 *     deno run -A .release/version.ts --notes v1.2.3     checks a tag, prints its changes
 *
 * @module
 */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** Where the version stands, each with the text before it. */
const PLACES: Readonly<Record<string, string>> = {
  "deno.json": '\n  "version": "',
  "package.json": '\n  "version": "',
  "lib/version.ts": 'VERSION = "',
};

const VERSION = /^\d+\.\d+\.\d+(-[\da-z.-]+)?$/;
const UNRELEASED = "## [Unreleased]\n";

/** The files that have the version, by their paths. */
export type VersionFiles = Readonly<Record<string, string>>;

/** Reads the files of this project. */
export function readVersionFiles(): VersionFiles {
  return Object.fromEntries(
    [...Object.keys(PLACES), "CHANGELOG.md"].map((path) => [
      path,
      readFileSync(join(ROOT, path), "utf8"),
    ]),
  );
}

/** Returns the files with another version, in which everything unreleased is released. */
export function setVersion(
  files: VersionFiles,
  version: string,
  date: string,
): VersionFiles {
  if (!VERSION.test(version)) {
    throw new Error(
      `Cannot set version ${version}: it is not three numbers, such as 1.2.3`,
    );
  }
  const changelog = files["CHANGELOG.md"];
  if (sectionOf(changelog, version) !== undefined) {
    throw new Error(
      `Cannot set version ${version}: CHANGELOG.md has it already`,
    );
  }
  return {
    ...Object.fromEntries(
      Object.entries(PLACES).map(([path, before]) => [
        path,
        files[path].replace(
          `${before}${versionIn(files, path)}"`,
          () => `${before}${version}"`,
        ),
      ]),
    ),
    "CHANGELOG.md": changelog.replace(
      UNRELEASED,
      () => `${UNRELEASED}\n## [${version}] - ${date}\n`,
    ),
  };
}

/**
 * Returns what CHANGELOG.md says about a version.
 *
 * @param tag The tag of the release: `v` and the version.
 * @throws {Error} unless every file has that version, and CHANGELOG.md changes and a date.
 */
export function releaseNotes(files: VersionFiles, tag: string): string {
  const version = tag.replace(/^v/, "");
  const faults = Object.keys(PLACES)
    .map((path) => [path, versionIn(files, path)])
    .filter(([, found]) => found !== version)
    .map(([path, found]) => `${path} has version ${found}`);
  if (!tag.startsWith("v")) faults.push("the tag does not begin with v");
  const section = sectionOf(files["CHANGELOG.md"], version);
  if (section === undefined || section === "") {
    faults.push(`CHANGELOG.md has no changes under "## [${version}] - date"`);
  }
  if (faults.length > 0) {
    throw new Error(
      `Cannot release ${tag}: ${faults.join("; ")}; ` +
        "run deno task release:version, commit, and tag that commit",
    );
  }
  return section!;
}

function versionIn(files: VersionFiles, path: string): string | undefined {
  const [, rest] = files[path].split(PLACES[path]);
  return rest?.split('"')[0];
}

/** The text below the heading of a version, if it has one with a date. */
function sectionOf(changelog: string, version: string): string | undefined {
  const sections = changelog.split(/^## /m).slice(1);
  const heading = `[${version}] - `;
  const section = sections.find((text) => text.startsWith(heading));
  const [, text] = /^\d{4}-\d\d-\d\d\n([^]*)$/.exec(
    section?.slice(heading.length) ?? "",
  ) ?? [];
  return text?.trim();
}

if (import.meta.main) {
  const { values: { notes }, positionals: [version] } = parseArgs({
    options: { notes: { type: "string" } },
    allowPositionals: true,
  });
  const files = readVersionFiles();
  if (notes !== undefined) {
    console.log(releaseNotes(files, notes));
  } else {
    const today = new Date().toISOString().slice(0, 10);
    const changed = setVersion(files, version ?? "", today);
    for (const [path, text] of Object.entries(changed)) {
      writeFileSync(join(ROOT, path), text);
    }
    console.log(
      `Version ${version}: commit this, and tag the commit v${version}`,
    );
  }
}
