/**
 * NVML's error codes in words: what each means, and what to do about it.
 *
 * @module
 */

/** The meaning of a code and a remedy. */
interface Explanation {
  readonly text: string;
  readonly hint: string;
}

const UPDATE = "update NVIDIA's driver";
const SEE_LOG = "check the kernel log (dmesg) for NVRM and Xid lines";

/** The values of `nvmlReturn_t` except success. */
const EXPLANATIONS: Readonly<Record<number, Explanation>> = {
  1: {
    text: "NVML is not initialised",
    hint: "another part of the process shut NVML down; retry",
  },
  2: {
    text: "there is no such GPU",
    hint: "nvidia-smi -L lists the GPUs; indices begin at 0",
  },
  3: {
    text: "this GPU or driver does not support the query",
    hint: UPDATE,
  },
  4: {
    text: "no permission",
    hint:
      "let this user read and write /dev/nvidiactl and /dev/nvidia*, or give the container the GPU",
  },
  5: { text: "NVML is already initialised", hint: "retry" },
  6: {
    text: "no GPU has this UUID",
    hint:
      "nvidia-smi -L lists the UUIDs of GPUs and MIG devices; a container sees only its own",
  },
  7: { text: "a buffer is too small", hint: UPDATE },
  8: {
    text: "a power cable of the GPU is not attached",
    hint: "attach the external power of the GPU",
  },
  9: {
    text: "NVIDIA's driver is not loaded",
    hint:
      "load it (modprobe nvidia), or check the kernel log (dmesg) for the reason; start a container with GPU access",
  },
  10: { text: "the driver did not respond in time", hint: SEE_LOG },
  11: {
    text: "the kernel has a problem with the GPU's interrupts",
    hint: SEE_LOG,
  },
  12: {
    text: "a library of the driver was not found",
    hint: "reinstall NVIDIA's driver",
  },
  13: {
    text: "this version of NVML lacks a function",
    hint: UPDATE,
  },
  14: {
    text: "the GPU's infoROM is corrupted",
    hint: "contact the vendor of the GPU",
  },
  15: {
    text: "the GPU is lost: it has fallen off the bus or cannot be reached",
    hint: `${SEE_LOG}, then reset the GPU or restart the machine`,
  },
  16: {
    text: "the GPU needs a reset",
    hint: "nvidia-smi --gpu-reset, or restart the machine",
  },
  17: {
    text: "the operating system blocks the driver",
    hint: "make sure that cgroups and security modules allow /dev/nvidia*",
  },
  18: {
    text: "driver and NVML library have different versions",
    hint:
      "after an update of the driver, restart the machine or reload the kernel module",
  },
  19: {
    text: "the GPU is in use",
    hint: "end what uses the GPU, then try again",
  },
  20: { text: "out of memory", hint: "free memory, then retry" },
  21: { text: "there is no data", hint: UPDATE },
  22: {
    text: "a virtual GPU with ECC does not support the query",
    hint: "disable ECC",
  },
  23: {
    text: "the GPU has not enough resources",
    hint: "end what uses the GPU, then try again",
  },
  24: { text: "the frequency is not supported", hint: UPDATE },
  25: { text: "a structure has another version", hint: UPDATE },
  26: { text: "the function is no longer supported", hint: UPDATE },
  27: {
    text: "the GPU is not ready",
    hint: "wait until it has started, then retry",
  },
  28: {
    text: "the GPU was not found",
    hint: "nvidia-smi -L lists the GPUs",
  },
  29: { text: "the GPU is in an invalid state", hint: SEE_LOG },
  999: { text: "an unknown error inside the driver", hint: SEE_LOG },
};

/** What an NVML code means, and what to do about it. */
export function explainNvml(code: number): Explanation {
  return EXPLANATIONS[code] ??
    { text: "an error that is unknown to loom", hint: SEE_LOG };
}

/** Every code with an explanation of its own. */
export const NVML_CODES: readonly number[] = Object.keys(EXPLANATIONS).map(
  Number,
);
