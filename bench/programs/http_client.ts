/**
 * Sends requests to a server and prints percentiles of the response times, in microseconds.
 *
 *     http_client.ts PORT MS
 *
 * @module
 */

import { Agent, get } from "node:http";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";

const PAUSE_MS = 2;
/** Responses that are not counted, because they include connecting and compiling. */
const WARM_UP = 20;

const [port, ms] = process.argv.slice(2).map(Number);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function request(): Promise<void> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, agent }, (response) => {
      response.resume();
      response.on("end", resolve);
    }).on("error", reject);
  });
}

const us: number[] = [];
const end = performance.now() + ms;
while (performance.now() < end || us.length < 2 * WARM_UP) {
  const start = performance.now();
  await request();
  us.push((performance.now() - start) * 1000);
  await sleep(PAUSE_MS);
}
const sorted = us.slice(WARM_UP).sort((a, b) => a - b);
const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))];
console.log(JSON.stringify({ p50: at(0.5), p90: at(0.9), p99: at(0.99) }));
process.exit(0);
