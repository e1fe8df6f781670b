/**
 * Users with a JWT, and the configuration of a server that knows their account, as `nsc`
 * sets them up.
 *
 * @module
 */

import {
  encodeAccount,
  encodeOperator,
  encodeUser,
  fmtCreds,
} from "@nats-io/jwt";
import { nkeys } from "@nats-io/transport-node";

const UNLIMITED = {
  ...{ conn: -1, subs: -1, data: -1, payload: -1, imports: -1, exports: -1 },
  ...{ mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 },
};

/** An account of an operator. */
export interface NatsAccount {
  /** Lines of a server's configuration. */
  readonly config: string;
  /**
   * Returns the content of a credentials file for a new user.
   *
   * @param expires In seconds since 1970; never by default.
   */
  credentials(expires?: number): Promise<Uint8Array>;
}

/** Makes an operator with an account. */
export async function createAccount(): Promise<NatsAccount> {
  const [operator, account, system] = [
    ...[nkeys.createOperator(), nkeys.createAccount(), nkeys.createAccount()],
  ];
  const signer = { signer: operator };
  const [operatorJwt, accountJwt, systemJwt] = await Promise.all([
    encodeOperator("op", operator),
    encodeAccount("a", account, { limits: UNLIMITED }, signer),
    encodeAccount("sys", system, {}, signer),
  ]);
  return {
    config: `operator: ${operatorJwt}
      system_account: ${system.getPublicKey()}
      resolver: MEMORY
      resolver_preload: {
        ${account.getPublicKey()}: ${accountJwt}
        ${system.getPublicKey()}: ${systemJwt}
      }`,
    async credentials(expires) {
      const user = nkeys.createUser();
      const options = expires === undefined ? {} : { exp: expires };
      return fmtCreds(await encodeUser("u", user, account, {}, options), user);
    },
  };
}
