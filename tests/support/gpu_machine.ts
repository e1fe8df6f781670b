/**
 * A machine of two packages with a GPU each, and a GPU of unknown locality, as
 * hwloc's XML. Written for these tests; no real machine is copied.
 *
 * @module
 */

/** One package with one node and its PCI bridge, for each entry. */
interface PackageSketch {
  readonly cpus: readonly number[];
  /** Bus number of its GPU. */
  readonly gpuBus: number;
}

/** CPU 0 and GPU 0 on one package, CPU 1 and GPU 1 on the other. */
export const GPU_MACHINE_XML: string = gpuMachineXml([
  { cpus: [0], gpuBus: 0x3b },
  { cpus: [1], gpuBus: 0xd8 },
]);

/** Writes such a machine with a package for each sketch. */
export function gpuMachineXml(sketches: readonly PackageSketch[]): string {
  let gpIndex = 0;
  const gp = () => `gp_index="${++gpIndex}"`;
  const sets = (cpus: readonly number[], nodes: readonly number[]) =>
    `cpuset="${mask(cpus)}" complete_cpuset="${mask(cpus)}" ` +
    `nodeset="${mask(nodes)}" complete_nodeset="${mask(nodes)}"`;
  const all = sketches.flatMap(({ cpus }) => cpus).sort((a, b) => a - b);
  const nodes = sketches.map((_, index) => index);
  const bridge = (depth: number, inside: string) =>
    `<object type="Bridge" ${gp()} bridge_type="0-1" depth="${depth}" bridge_pci="0000:[00-ff]">${inside}</object>`;
  const gpu = (busId: string, classId: string, osDevice: string) =>
    `<object type="PCIDev" ${gp()} pci_busid="${busId}" pci_type="${classId} [10de:1db8] [10de:0001] a1" pci_link_speed="0.000000">${osDevice}</object>`;
  const packages = sketches.map(({ cpus, gpuBus }, index) => {
    const set = sets(cpus, [index]);
    const cores = cpus.map((cpu) =>
      `<object type="Core" os_index="${cpu}" ${sets([cpu], [index])} ${gp()}>` +
      `<object type="PU" os_index="${cpu}" ${
        sets([cpu], [index])
      } ${gp()}/></object>`
    );
    const osDevice =
      `<object type="OSDev" ${gp()} name="nvml${index}" subtype="NVML" osdev_type="1"/>`;
    return `<object type="Package" os_index="${index}" ${set} ${gp()}>` +
      `<object type="NUMANode" os_index="${index}" ${set} ${gp()} local_memory="1073741824"/>` +
      cores.join("") +
      bridge(
        0,
        gpu(
          `0000:${gpuBus.toString(16)}:00.0`,
          "0302",
          osDevice,
        ),
      ) +
      "</object>";
  });
  const machineSets = `${sets(all, nodes)} allowed_cpuset="${
    mask(all)
  }" allowed_nodeset="${mask(nodes)}"`;
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE topology SYSTEM "hwloc2.dtd">
<topology version="2.0">
<object type="Machine" os_index="0" ${machineSets} ${gp()}>${
    packages.join("")
  }${bridge(0, gpu("0001:01:00.0", "0300", ""))}</object>
</topology>
`;
}

/** hwloc's bitmap: words of 32 bits, the highest first. */
function mask(bits: readonly number[]): string {
  const words: number[] = [0];
  for (const bit of bits) {
    while (words.length <= bit >> 5) words.push(0);
    words[bit >> 5] = (words[bit >> 5] | 1 << (bit & 31)) >>> 0;
  }
  return words.reverse().map((word) =>
    `0x${word.toString(16).padStart(8, "0")}`
  ).join(",");
}
