/**
 * Certificates for tests, which `openssl` makes.
 *
 * @module
 */

import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whether `openssl` is installed. */
export const HAS_OPENSSL: boolean =
  spawnSync("openssl", ["version"]).status === 0;

/** Paths of PEM files. */
export interface Certificates {
  /** Certificate of the authority that has signed the others. */
  readonly ca: string;
  /** Of a server at 127.0.0.1. */
  readonly server: KeyPairFiles;
  readonly client: KeyPairFiles;
}

/** A certificate and its key. */
export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/** Makes an authority, and certificates that it has signed. */
export function makeCertificates(folder: string): Certificates {
  const authority = filesOf(folder, "ca");
  openssl(
    ...[
      "req",
      "-x509",
      ...NEW_KEY,
      "-days",
      "2",
      "-subj",
      "/CN=test authority",
    ],
    ...["-keyout", authority.key, "-out", authority.cert],
  );
  return {
    ca: authority.cert,
    server: sign(folder, "server", authority),
    client: sign(folder, "client", authority),
  };
}

const NEW_KEY = [
  ...["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
];

function sign(
  folder: string,
  name: string,
  authority: KeyPairFiles,
): KeyPairFiles {
  const files = filesOf(folder, name);
  const request = join(folder, `${name}.csr`);
  const extensions = join(folder, `${name}.ext`);
  writeFileSync(extensions, "subjectAltName = DNS:localhost, IP:127.0.0.1\n");
  openssl(
    ...["req", ...NEW_KEY, "-subj", `/CN=${name}`],
    ...["-keyout", files.key, "-out", request],
  );
  openssl(
    ...["x509", "-req", "-in", request, "-days", "2", "-CAcreateserial"],
    ...["-CA", authority.cert, "-CAkey", authority.key],
    ...["-extfile", extensions, "-out", files.cert],
  );
  return files;
}

function filesOf(folder: string, name: string): KeyPairFiles {
  return {
    cert: join(folder, `${name}.pem`),
    key: join(folder, `${name}-key.pem`),
  };
}

function openssl(...args: string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
