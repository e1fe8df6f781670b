/**
 * Servers on this machine, for tests of what comes from the network.
 *
 * @module
 */

import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** A server that listens. */
export interface LocalServer extends AsyncDisposable {
  /** Its address, with a slash at the end. */
  readonly url: string;
}

/** Lets a server listen on a free port that other machines cannot reach. */
export async function listen(server: Server): Promise<LocalServer> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
