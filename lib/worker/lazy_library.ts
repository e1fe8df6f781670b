/**
 * Loads the part of a worker that only some calls need.
 *
 * @module
 */

import type { Endpoint } from "../calls/endpoint.ts";
import type { HelpRequest } from "../jobs/serve_job.ts";
import type { Lifecycle } from "../lifecycle.ts";
import type { RuntimeFacts } from "../runtime_facts.ts";
import type { Functions, LibraryFunctions } from "../tasks/functions.ts";
import type { OpenLibrary } from "./library.ts";

/** Opens {@linkcode OpenLibrary} when the first call needs it. */
export class LazyLibrary implements LibraryFunctions {
  readonly #open: () => Promise<OpenLibrary>;
  #opening: Promise<OpenLibrary> | undefined;
  #opened: OpenLibrary | undefined;

  /** @param functions Called when the library is opened: they need each other. */
  constructor(
    endpoint: Endpoint,
    facts: RuntimeFacts,
    lifecycle: Lifecycle,
    functions: () => Functions,
  ) {
    this.#open = async () => {
      const { openLibrary } = await import("./library.ts");
      return openLibrary(endpoint, facts, lifecycle, functions());
    };
  }

  /** The names that self-contained functions can use; undefined until they are loaded. */
  get globals(): OpenLibrary["globals"] | undefined {
    return this.#opened?.globals;
  }

  /** Loads the library. A failed attempt is repeated. */
  load(): Promise<OpenLibrary> {
    this.#opening ??= this.#open().then(
      (opened) => this.#opened = opened,
      (error) => {
        this.#opening = undefined;
        throw error;
      },
    );
    return this.#opening;
  }

  /** Helps another thread with its loop. */
  serve(request: HelpRequest): void | Promise<void> {
    return this.#opened === undefined
      ? this.load().then(({ helper }) => helper.serve(request))
      : this.#opened.helper.serve(request);
  }

  /** This worker ends: the loops that it helps with must know. */
  markLost(): void {
    this.#opened?.helper.markLost();
  }
}
