/**
 * A web server with a heavy route, which runs on a compute worker, and a light one, which
 * stays fast meanwhile:
 *
 *     deno run -A examples/http_server.ts [--port 8080]
 *     bun examples/http_server.ts [--port 8080]
 *
 * Open /mandelbrot.png for a picture and /time for the time. Ctrl-C ends the server after
 * all requests are answered.
 *
 * `--measure [--seconds 5]` starts the server as a child process and measures the latency
 * of /time without load, under constant requests for /mandelbrot.png, and under constant
 * requests for the same picture drawn on the event loop.
 *
 * @module
 */

import { once } from "node:events";
import process from "node:process";
import { parseArgs } from "node:util";
import { LoomArgs, LoomBuilder } from "../mod.ts";
import { measure } from "./http_server/measure.ts";
import { WebServer } from "./http_server/server.ts";

const loom = LoomArgs.parse();
const { values } = parseArgs({
  args: loom.rest,
  options: {
    port: { type: "string", default: "8080" },
    measure: { type: "boolean" },
    seconds: { type: "string", default: "5" },
  },
});
if (values.measure) await measure(Number(values.seconds), serverArgs());
else await serve(Number(values.port));

async function serve(port: number): Promise<void> {
  await using runtime = await new LoomBuilder().prefix("web").withCliArgs(loom)
    .build();
  const server = new WebServer(runtime);
  console.log(`Listening on ${await server.listen(port)}`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
  await server.close();
}

/** The arguments for the server process. */
function serverArgs(): string[] {
  return process.argv.slice(2).filter((arg) => arg !== "--measure");
}
