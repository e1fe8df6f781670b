/**
 * A web server that stops the work of a client that has left:
 *
 *     deno run -A examples/cancel.ts
 *     bun examples/cancel.ts
 *
 * It makes a request of its own that would take very long, leaves after a moment, and shows how
 * much CPU time the process used before and afterwards.
 *
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { isCancelled, LoomBuilder } from "../mod.ts";

/** How long each measurement takes. */
const MEASURE_MS = 500;

/** Counts primes by trial division until it has finished or nobody needs the result. */
function countPrimes(limit: number): number {
  let count = 0;
  for (let n = 2; n < limit && !isCancelled(); n++) {
    let divisor = 2;
    while (divisor * divisor <= n && n % divisor !== 0) divisor++;
    if (divisor * divisor > n) count++;
  }
  return count;
}

await using runtime = await new LoomBuilder().prefix("cancel").withCliArgs()
  .build();

const server = createServer(async (request, response) => {
  const left = new AbortController();
  response.on("close", () => left.abort(new Error("the client has left")));
  const calls = runtime.with({ signal: left.signal, timeoutMs: 60_000 });
  const limit = Number(request.url?.slice(1));
  try {
    response.end(`${await calls.spawnCompute(countPrimes, limit)}\n`);
  } catch (error) {
    console.log(`No answer to ${request.url}: ${(error as Error).message}`);
    response.destroy();
  }
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
const { port } = server.address() as AddressInfo;

const answer = await fetch(`http://127.0.0.1:${port}/1000`);
console.log(`Primes below 1000: ${(await answer.text()).trim()}`);

const client = new AbortController();
const request = fetch(`http://127.0.0.1:${port}/1000000000`, {
  signal: client.signal,
});
request.catch(() => {});
await cpuTime("while the client waits");
client.abort();
await cpuTime("as the client leaves");
await cpuTime("after it has left");

server.closeAllConnections();
server.close();

/** Prints the CPU time that the process uses for a while. */
async function cpuTime(when: string): Promise<void> {
  const before = process.cpuUsage();
  await sleep(MEASURE_MS);
  const { user, system } = process.cpuUsage(before);
  const ms = Math.round((user + system) / 1000);
  console.log(`CPU time ${when}: ${ms} of ${MEASURE_MS} ms`);
}
