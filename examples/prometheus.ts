/**
 * Serves the metrics of a runtime to Prometheus.
 *
 *     deno run -A examples/prometheus.ts [port]     or: bun examples/prometheus.ts [port]
 *     curl http://127.0.0.1:9464/metrics
 *
 * @module
 */

import { createServer } from "node:http";
import process from "node:process";
import { LoomArgs, LoomBuilder } from "../mod.ts";
import { PROMETHEUS_TYPE, prometheusText } from "../lib/insight/mod.ts";

const loom = LoomArgs.parse();
const runtime = await new LoomBuilder().prefix("demo").withCliArgs(loom)
  .build();
const [port = "9464"] = loom.rest;

function sumTo(n: number): number {
  let sum = 0;
  for (let i = 0; i <= n; i++) sum += i;
  return sum;
}

const load = setInterval(() => {
  runtime.spawnCompute(sumTo, Math.floor(1e6 * Math.random()));
}, 10);

const server = createServer((_, response) => {
  response.setHeader("Content-Type", PROMETHEUS_TYPE);
  response.end(prometheusText(runtime));
});
server.listen(Number(port), "127.0.0.1", () => {
  const { port } = server.address() as { port: number };
  console.log(`http://127.0.0.1:${port}/metrics`);
});

process.on("SIGTERM", async () => {
  clearInterval(load);
  server.close();
  await runtime.blockUntilIdle();
});
