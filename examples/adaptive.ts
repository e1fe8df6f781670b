/**
 * A web server whose requests cost anything from microseconds to milliseconds. Each is answered
 * by an adaptive call: those that are quick run on the thread of the server, the others on the
 * workers, and nobody had to say which is which.
 *
 *     deno run -A examples/adaptive.ts [--requests 300]
 *     bun examples/adaptive.ts [--requests 300]
 *
 * It sends requests to itself, prints where each kind of them has run and why, and ends.
 *
 * @module
 */

import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { LoomArgs, LoomBuilder, type LoomRuntime } from "../mod.ts";

/** The sum of the digits of a number: a microsecond. */
function digits(n: number): number {
  return [...String(n)].reduce((sum, digit) => sum + Number(digit), 0);
}

/** Number of primes below a limit: milliseconds. */
function primes(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit; n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

const ROUTES = new Map([["/digits", digits], ["/primes", primes]]);

function serve(runtime: LoomRuntime): Server {
  return createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const route = ROUTES.get(url.pathname);
    if (route === undefined) return void response.writeHead(404).end();
    try {
      const n = Number(url.searchParams.get("n"));
      response.end(String(await runtime.spawnAdaptive(route, n)));
    } catch (error) {
      response.writeHead(500).end(String(error));
    }
  });
}

const loom = LoomArgs.parse();
const { values } = parseArgs({
  args: loom.rest,
  options: { requests: { type: "string", default: "300" } },
});

await using runtime = await new LoomBuilder().prefix("adaptive")
  .withCliArgs(loom).build();
const server = serve(runtime).listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;
const get = async (path: string) =>
  await (await fetch(`http://127.0.0.1:${port}${path}`)).text();

// One request in ten is slow.
for (let i = 0; i < Number(values.requests); i += 10) {
  const quick = Array.from({ length: 9 }, (_, k) => get(`/digits?n=${i + k}`));
  await Promise.all([...quick, get("/primes?n=50000")]);
}
for (const { name, adaptive } of runtime.metrics().tasks) {
  if (adaptive === undefined) continue;
  const { inline, sent, expectedUs, why } = adaptive;
  console.log(
    `${name}: ${inline} on the server's thread, ${sent} on workers; ` +
      `${expectedUs.toFixed(0)} µs expected; the last one because of: ${why}`,
  );
}
server.closeAllConnections();
server.close();
