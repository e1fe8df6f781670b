/**
 * Calls on other machines, through NATS: hosts serve the tasks of a module, callers call
 * them as they call workers.
 *
 * Needs a NATS server, and the packages `@nats-io/transport-node`, `@nats-io/services`,
 * `@nats-io/jetstream` and `@nats-io/obj`.
 *
 * @example Usage
 * ```ts ignore
 * import { connect } from "@loom/runtime/cluster";
 * import { digest } from "./tasks.ts";
 *
 * // On other machines: loom serve tasks.ts --nats nats://10.0.0.1
 * await using cluster = await connect({ servers: "nats://10.0.0.1" });
 * console.log(await cluster.spawnCompute(digest, "abc"));
 *
 * // Survives the loss of hosts, of the server, and of this program.
 * const results = cluster.computeMap(["a", "b"], digest, { durable: "digests" });
 * for await (const digest of results) console.log(digest);
 * ```
 *
 * @module
 */

export { Cluster, type ClusterOptions, connect } from "./cluster.ts";
export { type ClusterCallOptions, ClusterView } from "./cluster_view.ts";
export type { ClusterMapOptions } from "./computed_map.ts";
export type { ConnectionOptions } from "./connection.ts";
export type {
  ClusterHost,
  HostFacts,
  HostLoad,
  TaskCounts,
} from "./discovery.ts";
export { Host, serve, type ServeOptions } from "./host.ts";
export type { TaskModule } from "./offered_tasks.ts";
export type { PayloadLimits } from "./payloads.ts";
export type { ClusterPriority } from "./subjects.ts";
export {
  ClusterError,
  ClusterVersionError,
  HostLostError,
  NoHostError,
} from "../errors.ts";
