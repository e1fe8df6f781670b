/**
 * A process that answers: as a host of a cluster; with NATS' client alone; and with NATS'
 * client, and a worker of this process that runs the task.
 *
 *     host.ts URL ROOM
 *
 * @module
 */

import process from "node:process";
import { jetstream } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { serve } from "../../lib/cluster/mod.ts";
import { LoomBuilder } from "../../mod.ts";
import * as tasks from "./tasks.ts";

const [servers, room] = process.argv.slice(2);
const runtime = await new LoomBuilder().pinThreads(false).computeThreads(1)
  .build();
await serve(runtime, tasks, { servers, room: Number(room) });

const connection = await connect({ servers });
connection.subscribe("bare.call", {
  queue: "bare",
  callback: (_error, message) => void message.respond(message.data),
});
connection.subscribe("hop.call", {
  queue: "hop",
  callback: (_error, message) =>
    void runtime.spawnCompute(tasks.same, message.data[0])
      .then(() => message.respond(message.data)),
});
const consumer = await jetstream(connection).consumers.get("BARE", "bare");
console.log("ready");
const messages = await consumer.consume({ max_messages: 1000 });
for await (const message of messages) message.ack();
