/**
 * Spans of calls, and of the calls that those make, across threads.
 *
 *     deno run -A examples/opentelemetry.ts     or: bun examples/opentelemetry.ts
 *
 * @module
 */

import { trace } from "@opentelemetry/api";
import { LoomArgs, LoomBuilder } from "../mod.ts";
import { LoomInstrumentation } from "../lib/opentelemetry/mod.ts";
import { startTelemetry, sumOfSquares } from "./opentelemetry/tasks.ts";

startTelemetry();
new LoomInstrumentation();
await using runtime = await new LoomBuilder().prefix("demo")
  .setup(startTelemetry).withCliArgs(LoomArgs.parse()).build();

await trace.getTracer("example").startActiveSpan("request", async (span) => {
  const sum = await runtime.spawnCompute(sumOfSquares, [1, 2, 3]);
  console.log(`The sum is ${sum}.`);
  span.end();
});
