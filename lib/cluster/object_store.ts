/**
 * Payloads that are too large for a message, in NATS' object store. The only file that
 * imports its client.
 *
 * @module
 */

import { type ObjectStore as Bucket, Objm } from "@nats-io/obj";
import { ClusterError, PayloadTooLargeError } from "../errors.ts";
import { type NatsConnection, uniqueName } from "./connection.ts";
import type { ObjectStore } from "./payloads.ts";

/** Objects that nobody has removed, such as those of a killed host, go after this time. */
const KEEP_NANOS = 24 * 60 * 60 * 1e9;

/** Opens the bucket when it is first needed; creates it if it does not exist. */
export class NatsObjectStore implements ObjectStore {
  readonly #connection: NatsConnection;
  readonly #name: string;
  #bucket: Promise<Bucket> | undefined;

  constructor(connection: NatsConnection, name: string) {
    this.#connection = connection;
    this.#name = name;
  }

  async put(bytes: Uint8Array): Promise<string> {
    const bucket = await this.#open();
    const name = uniqueName();
    await bucket.putBlob({ name }, bytes);
    return name;
  }

  async get(name: string, limitBytes: number): Promise<Uint8Array> {
    const bucket = await this.#open();
    const info = await bucket.info(name);
    if (info === null) {
      throw new ClusterError(
        `Cannot read payload ${name}: bucket ${this.#name} does not have it; it may be too old`,
      );
    }
    if (info.size > limitBytes) {
      throw new PayloadTooLargeError(
        `Cannot read payload: it has ${info.size} bytes, more than maxPayloadBytes allows; ` +
          "send less, or raise maxPayloadBytes on callers and hosts",
        info.size,
        limitBytes,
      );
    }
    return (await bucket.getBlob(name))!;
  }

  async remove(name: string): Promise<void> {
    const bucket = await this.#open();
    await bucket.delete(name).catch(() => {});
  }

  #open(): Promise<Bucket> {
    return this.#bucket ??= this.#create().catch((error) => {
      this.#bucket = undefined;
      throw new ClusterError(
        "Cannot store payload that is larger than the server's max_payload: the object " +
          `store ${this.#name} cannot be used (${error.message}); start the server with ` +
          "JetStream (nats-server -js), raise max_payload, or send less",
        { cause: error },
      );
    });
  }

  async #create(): Promise<Bucket> {
    const objects = new Objm(this.#connection);
    try {
      return await objects.open(this.#name);
    } catch {
      return await objects.create(this.#name, { ttl: KEEP_NANOS });
    }
  }
}
