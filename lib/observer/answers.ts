/**
 * What an observed runtime answers to each request.
 *
 * @module
 */

import { PROMETHEUS_TYPE, prometheusText } from "../insight/prometheus.ts";
import type { LoomRuntime } from "../runtime.ts";
import { recentCalls, trace } from "../trace/trace.ts";
import { drawMachine } from "./machine.ts";
import { readSnapshot } from "./snapshot.ts";

/** The answer to a request. */
export interface Answer {
  readonly status: number;
  /** The type of the body. */
  readonly type: string;
  readonly body: string;
}

const JSON_TYPE = "application/json; charset=utf-8";
const TEXT_TYPE = "text/plain; charset=utf-8";

type Route = (
  runtime: LoomRuntime,
  query: URLSearchParams,
) => Answer | Promise<Answer>;

/** The answers about one runtime. */
export class Answers {
  readonly #runtime: LoomRuntime;
  /** The machine does not change. */
  #picture: string | undefined;
  readonly #routes: Readonly<Record<string, Route>> = {
    "/snapshot": (runtime) => json(readSnapshot(runtime)),
    "/metrics": (runtime) => found(PROMETHEUS_TYPE, prometheusText(runtime)),
    "/trace": async (runtime, query) => {
      const ms = number(query, "ms", 1_000);
      return json(await trace(runtime.traced, ms, false));
    },
    "/calls": (runtime, query) =>
      json(recentCalls(runtime.traced, number(query, "since", 0))),
    "/hosts": async ({ listHosts }) =>
      listHosts === undefined
        ? refusal(404, "No hosts here: the runtime belongs to no cluster")
        : json(await listHosts()),
    "/machine.svg": (runtime) =>
      found("image/svg+xml", this.#picture ??= drawMachine(runtime)),
  };

  constructor(runtime: LoomRuntime) {
    this.#runtime = runtime;
  }

  /**
   * Answers a request.
   *
   * @param target Path and query, such as `/trace?ms=1000`.
   */
  async answer(target: string): Promise<Answer> {
    // Not relative to it: a target such as `//` names a host then, or none that is valid.
    const url = URL.parse(`http://localhost${target}`);
    if (url === null || !target.startsWith("/")) {
      return refusal(400, `Refused: ${target} is no path`);
    }
    const { pathname, searchParams } = url;
    if (/^\/(page\/|$)/.test(pathname)) return await pageAnswer(pathname);
    if (!Object.hasOwn(this.#routes, pathname)) {
      const paths = ["/", ...Object.keys(this.#routes)].join(", ");
      return refusal(404, `No ${pathname} here: there are ${paths}`);
    }
    try {
      return await this.#routes[pathname](this.#runtime, searchParams);
    } catch (error) {
      if (error instanceof RangeError) return refusal(400, error.message);
      const state = error instanceof Error ? error.message : String(error);
      return refusal(500, `Cannot answer ${pathname}: ${state}`);
    }
  }
}

/** A file of the page, which nobody else loads. */
async function pageAnswer(path: string): Promise<Answer> {
  const { pageFile } = await import("../dashboard/page.ts");
  const file = pageFile(path);
  return file === undefined
    ? refusal(404, `No ${path} here`)
    : found(file.type, file.body);
}

/** A number from the query; NaN if it is none. */
function number(
  query: URLSearchParams,
  name: string,
  fallback: number,
): number {
  const text = query.get(name);
  return text === null ? fallback : text.trim() === "" ? NaN : Number(text);
}

/** An answer that says why there is no other. */
export function refusal(status: number, reason: string): Answer {
  return { status, type: TEXT_TYPE, body: `${reason}\n` };
}

function found(type: string, body: string): Answer {
  return { status: 200, type, body };
}

function json(value: unknown): Answer {
  return found(JSON_TYPE, JSON.stringify(value));
}
