/**
 * A registry of npm packages on this machine, for tests that install them.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { listen, type LocalServer } from "./loopback.ts";
import { findRuntime, ROOT } from "./runtimes.ts";

interface Packed {
  readonly manifest: Readonly<Record<string, unknown>>;
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
  const packed = new Map<string, Packed>();
  const load = (name: string): Packed | undefined => {
    const found = folders(folder).get(name);
    if (found === undefined) return undefined;
    const known = packed.get(name) ?? pack(found, scratch);
    packed.set(name, known);
    return known;
  };
  const server = createServer((request, response) => {
    // Of the form /@scope%2fname, or /@scope/name/-/name-1.0.0.tgz.
    const path = decodeURIComponent(request.url!.slice(1));
    const [name, file] = path.split("/-/");
    const found = load(name);
    if (found === undefined) response.writeHead(404).end("{}");
    else if (file !== undefined) response.end(found.tarball);
    else {
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify(document(found, `http://${request.headers.host}`)),
      );
    }
  });
  return await listen(server);
}

/** The folders of the packages that are served, by name. */
function folders(ours: string): ReadonlyMap<string, string> {
  const { name, dependencies = {} } = readManifest(ours) as {
    name: string;
    dependencies?: Record<string, string>;
  };
  const installed = (name: string) =>
    realpathSync(join(ROOT, "node_modules", name));
  const neededBy = (other: string, name: string) => {
    const { resolve } = createRequire(join(installed(other), "package.json"));
    return dirname(resolve(`${name}/package.json`));
  };
  return new Map([
    [name, ours],
    ...Object.keys(dependencies).map((name) =>
      [name, installed(name)] as const
    ),
    ["argparse", neededBy("js-yaml", "argparse")],
    ["@types/bun", installed("@types/bun")],
    ["bun-types", neededBy("@types/bun", "bun-types")],
    ["@types/node", installed("@types/node")],
    ["undici-types", neededBy("@types/node", "undici-types")],
  ]);
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

/** What a registry says about a package; here each has one version. */
function document({ manifest, tarball }: Packed, host: string): unknown {
  const { name, version } = manifest as { name: string; version: string };
  const integrity = `sha512-${
    createHash("sha512").update(tarball).digest("base64")
  }`;
  const file = `${name.split("/").at(-1)}-${version}.tgz`;
  return {
    name,
    "dist-tags": { latest: version },
    versions: {
      [version]: {
        ...manifest,
        dist: { tarball: `${host}/${name}/-/${file}`, integrity },
      },
    },
  };
}

function readManifest(folder: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}
