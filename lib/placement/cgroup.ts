/**
 * What the process's control groups allow: which CPUs, and how much of them.
 *
 * @module
 */

/** Reads a file as text; undefined when that is not possible. */
export type ReadText = (path: string) => string | undefined;

/** The limits that control groups set on CPUs. */
export interface CgroupLimits {
  /** 1, 2, or undefined when no control group with CPU limits can be read. */
  readonly version: 1 | 2 | undefined;
  /** The CPUs of the cpuset controller in its own format; undefined if unknown. */
  readonly cpuset: string | undefined;
  /** CPU time per time, such as 1.5; undefined when there is no quota. */
  readonly quotaCpus: number | undefined;
}

/** A control group's folder, and the folders above it that limit it too. */
type Folders = readonly string[];

/**
 * Reads the limits of the control groups that this process is in.
 *
 * Version 1 has a hierarchy per controller, version 2 one for all; where both
 * are mounted, a controller is in one of them only.
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
  /** The group that shows as the mount point. */
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

/** A limit of any group above holds as well, so all of them are to be read. */
function foldersOf({ root, mountPoint }: Mount, group: string): Folders {
  const prefix = root === "/" ? "" : root;
  // In a container the group may be named from outside; then the mount shows it.
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

/** `cpu.max` holds "QUOTA PERIOD" in microseconds, QUOTA being "max" for none. */
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
