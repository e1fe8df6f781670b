/**
 * Runs a function on the event loop and one on a compute worker:
 *
 *     deno run -A examples/quickstart.ts
 *     bun examples/quickstart.ts --loom-compute-threads 2
 *
 * @module
 */

import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { LoomBuilder } from "../mod.ts";

// A page to fetch, so that the example needs no network.
const server = createServer((_, response) => response.end("Hello from a page"));
server.listen(0, "127.0.0.1");
await once(server, "listening");
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;

// By default there is 1 event loop, and a compute worker for each other CPU.
const runtime = await new LoomBuilder().prefix("myapp").withCliArgs()
  .build();
console.log(`${runtime}`);

// On the event loop: any function, which may use variables in scope.
const page = runtime.spawnAsync(async () => (await fetch(url)).text());

// On a compute worker: a function that uses only its arguments.
const total = runtime.spawnCompute((n: number) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += i;
  return sum;
}, 1_000_000);

console.log(await page);
console.log(await total); // 499999500000

await runtime.blockUntilIdle();
server.close();
