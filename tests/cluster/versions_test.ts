import assert from "node:assert/strict";
import {
  connectToNats,
  type NatsConnection,
} from "../../lib/cluster/connection.ts";
import {
  KIND,
  readFrame,
  VERSION,
  writeFrame,
} from "../../lib/cluster/frame.ts";
import { readOutcomes } from "../../lib/cluster/item_results.ts";
import { workIn } from "../../lib/cluster/subjects.ts";
import { double } from "../fixtures/tasks/cluster.ts";
import {
  clusterOfFile,
  clusterTest,
  smallPayloads as payloads,
  startHost,
} from "../support/cluster.ts";

const { server, connected } = clusterOfFile();

/** The same bytes, as the next version of the library would send them. */
function ofNextVersion(bytes: Uint8Array | Promise<Uint8Array>): Uint8Array {
  assert.ok(bytes instanceof Uint8Array);
  bytes[0] = VERSION + 1;
  return bytes;
}

async function bareConnection(): Promise<NatsConnection & AsyncDisposable> {
  const connection = await connectToNats(
    { servers: (await server()).url },
    "another version",
  );
  return Object.assign(connection, {
    [Symbol.asyncDispose]: () => connection.close(),
  });
}

/** For machines with other work. */
const PATIENT = { timeout: 30_000 };

const HOST_IS_NEWER = {
  name: "ClusterVersionError",
  message: "Cannot read message: host newer uses version 2 of loom's " +
    "messages, this program uses version 1; run the same version of " +
    "@loom/runtime on callers and hosts",
};
const CALLER_IS_NEWER = {
  name: "ClusterVersionError",
  message: "Cannot read message: its caller uses version 2 of loom's " +
    "messages, host older uses version 1; run the same version of " +
    "@loom/runtime on callers and hosts",
};

clusterTest(
  "A host answers a caller of another version with an error",
  async () => {
    const { url } = await server();
    await using _host = await startHost(url, { group: "calls", name: "older" });
    await using bare = await bareConnection();
    const call = payloads.writeArguments({ kind: KIND.CALL }, [21]);
    const answer = readFrame(
      (await bare.request(
        "loom.call.calls.normal.double",
        ofNextVersion(call),
        PATIENT,
      ))
        .data,
    );
    const thrown = payloads.readValue(answer) as Error;
    assert.equal(answer.kind, KIND.ERROR);
    assert.throws(() => {
      throw thrown;
    }, CALLER_IS_NEWER);
  },
);

clusterTest(
  "A call that a host of another version answers rejects",
  async () => {
    await using bare = await bareConnection();
    for (const kind of [KIND.RESULT, KIND.ERROR, KIND.WORKING, KIND.BUSY]) {
      const group = `answers-${kind}`;
      const subscription = bare.subscribe(`loom.call.${group}.*.double`, {
        callback: (_error, message) =>
          void message.respond(
            ofNextVersion(writeFrame({ kind, text: "newer" }, 3)),
          ),
      });
      await bare.flush();
      await using cluster = await connected({ group });
      await assert.rejects(cluster.spawnCompute(double, 21), HOST_IS_NEWER);
      subscription.unsubscribe();
    }
  },
);

clusterTest(
  "Durable items of a caller of another version fail when no host has that version",
  async () => {
    const { url } = await server();
    const options = { group: "items", name: "older", maxDeliveries: 1 };
    await using _host = await startHost(url, options);
    await using bare = await bareConnection();
    const results = bare.subscribe("loom.result.items.run.*", { max: 1 });
    bare.publish(
      "loom.work.items.normal.double.items.run.0-2",
      ofNextVersion(payloads.writeItems({ kind: KIND.ITEMS }, [1, 2])),
    );
    for await (const { data } of results) {
      const outcomes = readOutcomes(payloads, readFrame(data), 2);
      for (const outcome of outcomes) {
        assert.ok(outcome.status === "rejected");
        assert.throws(() => {
          throw outcome.reason;
        }, CALLER_IS_NEWER);
      }
    }
  },
);

clusterTest(
  "A durable map rejects when a host of another version stored a result",
  async () => {
    await using bare = await bareConnection();
    bare.subscribe("loom.work.results.>", {
      max: 1,
      callback: (_error, { subject }) => {
        const { map, run, first, count } = workIn(subject);
        bare.publish(
          `loom.result.${map}.${run}.${first}-${count}`,
          ofNextVersion(writeFrame({ kind: KIND.RESULTS, text: "newer" }, 3)),
        );
      },
    });
    await bare.flush();
    await using cluster = await connected({ group: "results" });
    const options = { durable: "results" };
    const map = cluster.computeMap([1], double, options);
    await assert.rejects(map.next(), HOST_IS_NEWER);
    await cluster.forgetMap("results");
  },
);

clusterTest(
  "A durable map that another version has begun rejects until it is forgotten",
  async () => {
    const { url } = await server();
    await using _host = await startHost(url, { group: "begun" });
    await using cluster = await connected({ group: "begun" });
    const options = { durable: "begun" };
    await cluster.forgetMap("begun"); // it creates the streams
    await using bare = await bareConnection();
    await bare.request(
      "loom.map.begun",
      JSON.stringify({ version: 2 }),
      PATIENT,
    );
    await assert.rejects(cluster.computeMap([1], double, options).next(), {
      name: "ClusterVersionError",
      message:
        /it was begun with version 2 .* version 1; finish it .* forgetMap/,
    });
    await cluster.forgetMap("begun");
    const map = cluster.computeMap([1], double, options);
    assert.deepEqual(await map.next(), { value: 2, done: false });
    await map.return!();
    await cluster.forgetMap("begun");
  },
);

clusterTest(
  "Durable items wait for a host that has their version of the tasks",
  async () => {
    const { url } = await server();
    const group = "upgraded";
    await using _old = await startHost(url, { group, version: "1.0.0" });
    await using cluster = await connected({ group, version: "2.0.0" });
    const results = cluster.computeMap([1, 2], double, { durable: group });
    const first = results.next();
    // The old host has had it: it is not the first to ask.
    await using bare = await bareConnection();
    const naks = bare.subscribe("$JS.ACK.LOOM_WORK.upgraded-normal.>", {
      max: 1,
    });
    for await (const { data } of naks) {
      assert.match(new TextDecoder().decode(data), /^-NAK/);
    }
    await using _new = await startHost(url, { group, version: "2.0.0" });
    assert.equal((await first).value, 2);
    assert.equal((await results.next()).value, 4);
    assert.equal((await results.next()).done, true);
  },
);
