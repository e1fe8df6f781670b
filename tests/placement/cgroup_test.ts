import assert from "node:assert/strict";
import { readCgroupLimits } from "../../lib/placement/cgroup.ts";
import { test } from "../support/test.ts";

const V2_MOUNT =
  "31 23 0:28 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate";

function limits(files: Readonly<Record<string, string>>) {
  return readCgroupLimits((path) => files[path]);
}

test("Version 2: the cpuset of the group and the lowest quota of its ancestors apply", () => {
  assert.deepEqual(
    limits({
      "/proc/self/cgroup": "0::/system.slice/app.service\n",
      "/proc/self/mountinfo":
        `22 1 8:1 / / rw - ext4 /dev/sda1 rw\n${V2_MOUNT}\n`,
      "/sys/fs/cgroup/system.slice/app.service/cpu.max": "200000 100000\n",
      "/sys/fs/cgroup/system.slice/app.service/cpuset.cpus.effective": "0-3\n",
      "/sys/fs/cgroup/system.slice/cpu.max": "150000 100000\n",
      "/sys/fs/cgroup/cpu.max": "300000 100000\n",
      "/sys/fs/cgroup/system.slice/cpuset.cpus.effective": "0-7\n",
    }),
    { version: 2, cpuset: "0-3", quotaCpus: 1.5 },
  );
});

test("Version 2 in a container whose root is its own group", () => {
  assert.deepEqual(
    limits({
      "/proc/self/cgroup": "0::/\n",
      "/proc/self/mountinfo": V2_MOUNT,
      "/sys/fs/cgroup/cpu.max": "max 100000\n",
      "/sys/fs/cgroup/cpuset.cpus.effective": "5\n",
    }),
    { version: 2, cpuset: "5", quotaCpus: undefined },
  );
});

test("Version 1 in a container that sees the names of its groups on the host", () => {
  assert.deepEqual(
    limits({
      "/proc/self/cgroup":
        "4:cpuset:/docker/abc\n3:cpu,cpuacct:/docker/abc\n0::/\n",
      "/proc/self/mountinfo": [
        "40 31 0:29 /docker/abc /sys/fs/cgroup/cpu,cpuacct ro - cgroup cgroup rw,cpu,cpuacct",
        "41 31 0:31 /docker/abc /sys/fs/cgroup/cpuset ro - cgroup cgroup rw,cpuset",
        "42 31 0:38 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      ].join("\n"),
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
      "/sys/fs/cgroup/cpuset/cpuset.effective_cpus": "2-3\n",
    }),
    { version: 1, cpuset: "2-3", quotaCpus: 0.5 },
  );
});

test("Version 1 without a quota, on a kernel without effective cpusets", () => {
  assert.deepEqual(
    limits({
      "/proc/self/cgroup": "2:cpuset:/a\n1:cpu:/a/b\n",
      "/proc/self/mountinfo": [
        "32 31 0:29 / /cg/cpu rw - cgroup cgroup rw,cpu",
        "34 31 0:31 / /cg/cpuset rw - cgroup cgroup rw,cpuset",
      ].join("\n"),
      "/cg/cpu/a/b/cpu.cfs_quota_us": "-1\n",
      "/cg/cpu/a/b/cpu.cfs_period_us": "100000\n",
      "/cg/cpuset/a/cpuset.cpus": "0\n",
    }),
    { version: 1, cpuset: "0", quotaCpus: undefined },
  );
});

test("A group outside the mounted hierarchy is read at the mount point", () => {
  const files = {
    "/proc/self/cgroup": "1:cpuset:/bc/d\n",
    "/proc/self/mountinfo": "34 31 0:31 /a /cg rw - cgroup cgroup rw,cpuset",
    "/cg/cpuset.cpus": "0\n",
    "/cg/c/d/cpuset.cpus": "1\n",
  };
  assert.equal(limits(files).cpuset, "0");
});

test("Unreadable files give no limits", () => {
  assert.deepEqual(limits({}), {
    version: undefined,
    cpuset: undefined,
    quotaCpus: undefined,
  });
});
