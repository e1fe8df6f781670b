/**
 * Answers questions about the readings of sensors. Each worker keeps the readings of the
 * sensors that it was asked about last, sorted, because to load and sort them takes longest.
 *
 * @module
 */

import { task } from "../../mod.ts";

/** A question: which reading of a sensor is larger than this share of its readings? */
export interface Question {
  readonly sensor: string;
  /** From 0 to 1. */
  readonly share: number;
}

/** How often a worker had the readings of a sensor already. */
export interface CacheCounts {
  readonly hits: number;
  readonly misses: number;
}

/** Most sensors whose readings a worker keeps. */
const CAPACITY = 24;
const READINGS = 5_000;

/** Sorted readings by sensor; the one that was used last is the last one. */
const cache = new Map<string, Float64Array>();
let hits = 0;
let misses = 0;

/** Answers a question. */
export const quantile = task(
  import.meta.url,
  function quantile({ sensor, share }: Question): number {
    const readings = find(sensor);
    return readings[Math.floor(share * (readings.length - 1))];
  },
);

/** Empties the cache of the worker that runs it, and returns its counts until then. */
export const clearCache = task(
  import.meta.url,
  function clearCache(): CacheCounts {
    const counts = { hits, misses };
    cache.clear();
    hits = 0;
    misses = 0;
    return counts;
  },
);

function find(sensor: string): Float64Array {
  let readings = cache.get(sensor);
  if (readings === undefined) {
    misses++;
    readings = load(sensor);
  } else {
    hits++;
    cache.delete(sensor);
  }
  cache.set(sensor, readings);
  if (cache.size > CAPACITY) cache.delete(cache.keys().next().value!);
  return readings;
}

/** Stands for a query to a database: the readings follow from the name of the sensor. */
function load(sensor: string): Float64Array {
  let state = [...sensor].reduce((sum, c) => sum * 31 + c.charCodeAt(0) | 0, 7);
  const readings = new Float64Array(READINGS);
  for (let i = 0; i < READINGS; i++) {
    state = Math.imul(state, 1664525) + 1013904223 | 0;
    readings[i] = (state >>> 0) / 2 ** 32;
  }
  return readings.sort();
}
