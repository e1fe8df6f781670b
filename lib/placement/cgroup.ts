/**
 * Reads the CPU limits of the process's control groups: which CPUs, and how much time.
 *
 * @module
 */

/** Reads a file as text; returns undefined if it cannot be read. */
export type ReadText = (path: string) => string | undefined;

/** The CPU limits of control groups. */
export interface CgroupLimits {
  /** Version of control groups; undefined if none with CPU limits can be read. */
  readonly version: 1 | 2 | undefined;
  /** The CPUs of the cpuset controller, in its format; undefined if unknown. */
  readonly cpuset: string | undefined;
  /** The CPU quota in CPUs, such as 1.5; undefined if there is none. */
  readonly quotaCpus: number | undefined;
}

/** The folder of a control group and those of its ancestors, whose limits apply too. */
type Folders = readonly string[];

/**
 * Reads the limits of the control groups that this process is in.
 *
 * Version 1 has a hierarchy for each controller, version 2 one for all. If both are
 * mounted, each controller is in only one of them.
 */
export function readCgroupLimits(readText: ReadText): CgroupLimits {
  const groups = parseGroups(readText("/proc/self/cgroup") ?? "");
  const mounts = parseMounts(readText("/proc/self/mountinfo") ?? "");
  const folders = (controller: string): Folders => {
    const mount = mounts.get(controller);
    const group = groups.get(controller);
    return mount === undefined || group === undefined
      ? []
      : foldersOf(mount, group);
  };
  const v1 = {
    cpuset: firstLine(readText, folders("cpuset"), [
      "cpuset.effective_cpus",
      "cpuset.cpus",
    ]),
    quotas: folders("cpu").map((folder) => quotaV1(readText, folder)),
  };
  const v2 = {
    cpuset: firstLine(readText, folders(""), ["cpuset.cpus.effective"]),
    quotas: folders("").map((folder) => quotaV2(readText, folder)),
  };
  const isV1 = folders("cpu").length > 0 || folders("cpuset").length > 0;
  const quotas = [...v1.quotas, ...v2.quotas]
    .filter((quota) => quota !== undefined);
  return {
    version: isV1 ? 1 : folders("").length > 0 ? 2 : undefined,
    cpuset: v1.cpuset ?? v2.cpuset,
    quotaCpus: quotas.length === 0 ? undefined : Math.min(...quotas),
  };
}

/** `3:cpuset:/path` for version 1, `0::/path` for version 2, whose controller is "". */
function parseGroups(text: string): Map<string, string> {
  const groups = new Map<string, string>();
  for (const line of text.split("\n")) {
    const match = /^\d+:([^:]*):(.*)$/.exec(line);
    if (match === null) continue;
    for (const controller of match[1].split(",")) {
      groups.set(controller, match[2]);
    }
  }
  return groups;
}

interface Mount {
  /** The group that is mounted at the mount point. */
  readonly root: string;
  readonly mountPoint: string;
}

/** `34 31 0:31 ROOT MOUNTPOINT options - cgroup source rw,cpuset`, one per line. */
function parseMounts(text: string): Map<string, Mount> {
  const mounts = new Map<string, Mount>();
  for (const line of text.split("\n")) {
    const [left, right] = line.split(" - ");
    const [, , , root, mountPoint] = left.split(" ");
    const [type, , options] = (right ?? "").split(" ");
    const mount = { root, mountPoint };
    if (type === "cgroup2") mounts.set("", mount);
    if (type !== "cgroup") continue;
    for (const option of options.split(",")) mounts.set(option, mount);
  }
  return mounts;
}

/** The limits of all ancestors apply too, so all folders have to be read. */
function foldersOf({ root, mountPoint }: Mount, group: string): Folders {
  const prefix = root === "/" ? "" : root;
  // In a container, the name may be that on the host; then the mount is the group itself.
  const below = group.startsWith(`${prefix}/`)
    ? group.slice(prefix.length)
    : "";
  const parts = below.split("/").filter((part) => part !== "");
  return Array.from(
    { length: parts.length + 1 },
    (_, index) =>
      [mountPoint, ...parts.slice(0, parts.length - index)].join("/"),
  );
}

function firstLine(
  readText: ReadText,
  folders: Folders,
  names: readonly string[],
): string | undefined {
  for (const folder of folders) {
    for (const name of names) {
      const text = readText(`${folder}/${name}`)?.trim();
      if (text) return text;
    }
  }
  return undefined;
}

/** `cpu.max` holds "QUOTA PERIOD" in microseconds; QUOTA is "max" if there is none. */
function quotaV2(readText: ReadText, folder: string): number | undefined {
  const [quota, period] = (readText(`${folder}/cpu.max`) ?? "").split(" ");
  return ratio(quota, period);
}

/** Version 1 writes -1 for no quota. */
function quotaV1(readText: ReadText, folder: string): number | undefined {
  return ratio(
    readText(`${folder}/cpu.cfs_quota_us`),
    readText(`${folder}/cpu.cfs_period_us`),
  );
}

function ratio(
  quota: string | undefined,
  period: string | undefined,
): number | undefined {
  const cpus = Number(quota) / Number(period);
  return cpus > 0 && Number.isFinite(cpus) ? cpus : undefined;
}
