/**
 * A stand-in for JSR on this machine: `deno publish` publishes to it, and programs import
 * from it.
 *
 * @module
 */

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { listen, type LocalServer } from "./loopback.ts";

/** A published version of a package. */
interface Published {
  /** Such as `@scope/name`. */
  readonly name: string;
  readonly version: string;
  /** The unpacked files. */
  readonly folder: string;
}

/** Starts a registry that keeps what is published in `folder`. */
export async function serveJsrRegistry(folder: string): Promise<LocalServer> {
  const packages = new Map<string, Published>();
  const server = createServer(async (request, response) => {
    const path = new URL(request.url!, "http://localhost").pathname;
    const version =
      /^\/api\/scopes\/(\w+)\/packages\/(\w+)\/versions\/([\d.]+)$/.exec(path);
    if (request.method === "POST" && version !== null) {
      const published = await unpack(request, folder, version);
      packages.set(published.name, published);
      sendJson(response, { id: "1", status: "success", error: null });
    } else if (/^\/api\/scopes\/\w+\/packages\/\w+$/.test(path)) {
      sendJson(response, {});
    } else serve(path, packages, response);
  });
  return await listen(server);
}

/** Unpacks the body of a request that publishes. */
async function unpack(
  request: IncomingMessage,
  folder: string,
  [, scope, name, version]: readonly string[],
): Promise<Published> {
  const target = join(folder, scope, name, version);
  mkdirSync(target, { recursive: true });
  const archive = `${target}.tgz`;
  writeFileSync(archive, new Uint8Array(await buffer(request)));
  const { status, stderr } = spawnSync(
    "tar",
    ["--extract", "--file", archive, "--directory", target],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`Cannot unpack ${archive}: ${stderr}`);
  return { name: `@${scope}/${name}`, version, folder: target };
}

/** Answers for files and for what JSR says about packages. */
function serve(
  path: string,
  packages: ReadonlyMap<string, Published>,
  response: ServerResponse,
): void {
  for (const { name, version, folder } of packages.values()) {
    if (path === `/${name}/meta.json`) {
      const versions = { [version]: { createdAt: "2026-01-01T00:00:00Z" } };
      return sendJson(response, { latest: version, versions });
    }
    if (path === `/${name}/${version}_meta.json`) {
      const config = readFileSync(join(folder, "deno.json"), "utf8");
      const { exports } = JSON.parse(config);
      return sendJson(response, { exports, manifest: manifestOf(folder) });
    }
    const start = `/${name}/${version}/`;
    if (path.startsWith(start)) {
      const file = path.slice(start.length);
      response.setHeader("content-type", contentType(file));
      response.end(readFileSync(join(folder, file)));
      return;
    }
  }
  response.writeHead(404).end("{}");
}

function manifestOf(folder: string): Record<string, unknown> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
  return Object.fromEntries(files.map((file) => {
    const content = readFileSync(file);
    const hash = createHash("sha256").update(content).digest("hex");
    return [
      file.slice(folder.length),
      { size: content.length, checksum: `sha256-${hash}` },
    ];
  }));
}

function contentType(file: string): string {
  if (file.endsWith(".ts")) return "text/typescript";
  return file.endsWith(".js") ? "text/javascript" : "text/plain";
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(value));
}
