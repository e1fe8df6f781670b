import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { connect, type ConnectionOptions } from "../../lib/cluster/mod.ts";
import { double, echo } from "../fixtures/tasks/cluster.ts";
import { HAS_OPENSSL, makeCertificates } from "../support/certificates.ts";
import { clusterTest, startHost } from "../support/cluster.ts";
import { createAccount, type NatsAccount } from "../support/nats_accounts.ts";
import { NatsServer } from "../support/nats_server.ts";
import { afterAll, skip } from "../support/test.ts";

/** A server's way to know its users. */
interface Way {
  /** Lines of the server's configuration. */
  readonly config: string;
  /** What it accepts. */
  readonly accepted: ConnectionOptions;
  /** What it refuses. */
  readonly refused: readonly ConnectionOptions[];
}

const folder = mkdtempSync(join(tmpdir(), "loom-credentials-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

function token(): Way {
  return {
    config: 'authorization { token: "open sesame" }',
    accepted: { token: "open sesame" },
    refused: [{}, { token: "open barley" }],
  };
}

function password(): Way {
  return {
    config: 'authorization { users: [{ user: "a", password: "secret" }] }',
    accepted: { user: "a", pass: "secret" },
    refused: [{}, { user: "a", pass: "Secret" }],
  };
}

function nkey(): Way {
  const [user, other] = [nkeys.createUser(), nkeys.createUser()];
  return {
    config: `authorization { users: [{ nkey: ${user.getPublicKey()} }] }`,
    accepted: { nkeySeedFile: fileWith("user.nk", user.getSeed()) },
    refused: [{}, { nkeySeedFile: fileWith("other.nk", other.getSeed()) }],
  };
}

async function jwt(): Promise<Way> {
  const [account, other] = [await createAccount(), await createAccount()];
  const fileOf = async (name: string, { credentials }: NatsAccount) => ({
    credentialsFile: fileWith(name, await credentials()),
  });
  return {
    config: account.config,
    accepted: await fileOf("user.creds", account),
    refused: [{}, await fileOf("other.creds", other)],
  };
}

/** Both sides show a certificate. */
function tls(): Way {
  const { ca: caFile, server, client } = makeCertificates(folder);
  return {
    config: `tls {
      cert_file: "${server.cert}", key_file: "${server.key}"
      ca_file: "${caFile}", verify: true
    }`,
    accepted: {
      tls: { caFile, certFile: client.cert, keyFile: client.key },
    },
    // Without a certificate of its own, NATS' client waits for 20 s.
    refused: [{}, { tls: { certFile: client.cert, keyFile: client.key } }],
  };
}

const WAYS = {
  "a user and a password": password,
  "a token": token,
  "an NKey": nkey,
  "a JWT": jwt,
  "certificates": tls,
};

for (const [name, way] of Object.entries(WAYS)) {
  const title = `Callers and hosts show ${name}, and a server refuses others`;
  if (way === tls && !HAS_OPENSSL) skip(title, "openssl is not installed");
  else {
    clusterTest(title, async () => {
      const { config, accepted, refused } = await way();
      await using server = await NatsServer.start({ config });
      const servers = server.url;
      await using _host = await startHost(servers, accepted);
      await using cluster = await connect({ servers, ...accepted });
      assert.equal(await cluster.spawnCompute(double, 21), 42);
      const items = [1, "b"];
      const results = [];
      const options = { durable: "d" };
      for await (const item of cluster.computeMap(items, echo, options)) {
        results.push(item);
      }
      assert.deepEqual(results, items);
      for (const options of refused) {
        await assert.rejects(connect({ servers, ...options }), {
          name: "ClusterError",
          message: /^Cannot connect to NATS .*what it demands of users$/,
        });
      }
    });
  }
}
