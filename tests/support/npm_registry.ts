/**
 * A registry of npm packages on this machine, for tests that install them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { listen, type LocalServer } from "./loopback.ts";
import { findRuntime, ROOT } from "./runtimes.ts";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly manifest: Manifest;
  readonly tarball: Uint8Array<ArrayBuffer>;
}

/**
 * Serves the package in `folder`, and those that it depends on as they are installed here,
 * with the types of both runtimes.
 *
 * @param scratch An existing folder for what is packed.
 */
export async function serveNpmRegistry(
  folder: string,
  scratch: string,
): Promise<LocalServer> {
  const packed = new Map<string, readonly Packed[]>();
  const all = folders(folder);
  const load = (name: string): readonly Packed[] | undefined => {
    const known = packed.get(name) ??
      all.get(name)?.map((found) => pack(found, scratch));
    if (known !== undefined) packed.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    // Of the form /@scope%2fname, or /@scope/name/-/name-1.0.0.tgz.
    const path = decodeURIComponent(request.url!.slice(1));
    const [name, file] = path.split("/-/");
    const found = load(name);
    if (found === undefined) response.writeHead(404).end("{}");
    else if (file !== undefined) {
      response.end(found.find((each) => tarballName(each) === file)?.tarball);
    } else {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify(document(found, `http://${request.headers.host}`)),
      );
    }
  });
  return await listen(server);
}

/** The folders of the packages that are served, by name: one for each version. */
function folders(ours: string): ReadonlyMap<string, readonly string[]> {
  const { name, dependencies = {}, peerDependencies = {} } = readManifest(
    ours,
  );
  const found = new Map<string, string[]>([[name, [ours]]]);
  const add = (name: string, from: string) => {
    const folder = findPackage(name, from);
    const others = found.get(name) ?? [];
    if (others.includes(folder)) return;
    found.set(name, [...others, folder]);
    const { dependencies = {} } = readManifest(folder);
    for (const each of Object.keys(dependencies)) add(each, folder);
  };
  const needed = { ...dependencies, ...peerDependencies };
  for (const each of [...Object.keys(needed), "@types/bun", "@types/node"]) {
    add(each, ROOT);
  }
  return found;
}

/** Finds a package as a module in `from` would. */
function findPackage(name: string, from: string): string {
  for (let folder = from;; folder = dirname(folder)) {
    const path = join(folder, "node_modules", name);
    if (existsSync(path)) return realpathSync(path);
    if (folder === dirname(folder)) {
      throw new Error(`Cannot find package ${name} from ${from}`);
    }
  }
}

function pack(folder: string, scratch: string): Packed {
  const { status, stdout, stderr } = spawnSync(
    findRuntime("Bun"),
    ["pm", "pack", "--ignore-scripts", "--quiet", "--destination", scratch],
    { cwd: folder, encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Cannot pack ${folder}: ${stderr}`);
  const tarball = new Uint8Array(readFileSync(stdout.trim()));
  return { manifest: readManifest(folder), tarball };
}

/** What a registry says about a package; the first version that was found is the latest. */
function document(versions: readonly Packed[], host: string): unknown {
  const { name, version: latest } = versions[0].manifest;
  return {
    name,
    "dist-tags": { latest },
    versions: Object.fromEntries(versions.map((each) => {
      const hash = createHash("sha512").update(each.tarball).digest("base64");
      const tarball = `${host}/${name}/-/${tarballName(each)}`;
      const dist = { tarball, integrity: `sha512-${hash}` };
      return [each.manifest.version, { ...each.manifest, dist }];
    })),
  };
}

function tarballName({ manifest: { name, version } }: Packed): string {
  return `${name.split("/").at(-1)}-${version}.tgz`;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
