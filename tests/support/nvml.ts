/**
 * A stand-in for NVIDIA's NVML: two GPUs, one of them with a MIG device, and a code
 * that any of its calls can be made to fail with.
 *
 * @module
 */

import { join } from "node:path";
import { withFiles } from "../config/config_file.ts";
import { compileTo } from "./compiler.ts";

const SOURCE = `
#include <stdio.h>
#include <string.h>
#ifndef INIT_CODE
#define INIT_CODE 0
#endif
#ifndef HANDLE_CODE
#define HANDLE_CODE 0
#endif
#ifndef INFO_CODE
#define INFO_CODE 0
#endif
typedef struct {
  char legacy[16];
  unsigned domain, bus, device, id, subsystem;
  char busId[32];
} pci_t;
typedef struct { const char *uuid; unsigned domain, bus; int parent; } gpu_t;
static gpu_t gpus[] = {
  { "GPU-11111111-2222-3333-4444-555555555555", 0, 0x3b, 0 },
  { "GPU-66666666-7777-8888-9999-000000000000", GPU1_DOMAIN, GPU1_BUS, 1 },
  { "MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee", 0, 0, 1 },
};
static int started = 0;
static void count(int change) {
  started += change;
#ifdef COUNT_FILE
  FILE *file = fopen(COUNT_FILE, "w");
  fprintf(file, "%d", started);
  fclose(file);
#endif
}
int nvmlInit_v2(void) { if (INIT_CODE == 0) count(1); return INIT_CODE; }
int nvmlShutdown(void) { count(-1); return 0; }
int nvmlDeviceGetCount_v2(unsigned *count) {
  *count = 2;
  return started ? 0 : 1;
}
int nvmlDeviceGetHandleByIndex_v2(unsigned index, gpu_t **out) {
  if (HANDLE_CODE) return HANDLE_CODE;
  if (index > 1) return 2;
  *out = &gpus[index];
  return 0;
}
int nvmlDeviceGetHandleByUUID(const char *uuid, gpu_t **out) {
  if (HANDLE_CODE) return HANDLE_CODE;
  for (int i = 0; i < 3; i++) {
    if (strcmp(uuid, gpus[i].uuid) == 0) { *out = &gpus[i]; return 0; }
  }
  return 6;
}
int nvmlDeviceGetUUID(gpu_t *gpu, char *out, unsigned length) {
  strncpy(out, gpu->uuid, length);
  return 0;
}
int nvmlDeviceGetName(gpu_t *gpu, char *out, unsigned length) {
  strncpy(out, "Stand-in GPU", length);
  return 0;
}
int nvmlDeviceGetPciInfo_v3(gpu_t *gpu, pci_t *out) {
  /* A lost GPU is found, and fails when asked. */
  if (INFO_CODE && gpu == &gpus[1]) return INFO_CODE;
  memset(out, 0, sizeof *out);
  strcpy(out->busId, "00000000:FF:00.0"); /* must not be used */
  out->domain = gpu->domain;
  out->bus = gpu->bus;
  return 0;
}
#ifndef OLD_DRIVER
int nvmlDeviceGetIndex(gpu_t *gpu, unsigned *out) {
  *out = gpu - gpus;
  return 0;
}
int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(gpu_t *mig, gpu_t **out) {
  *out = &gpus[mig->parent];
  return 0;
}
#endif
`;

/** UUIDs of the stand-in: GPU 0, GPU 1, and a MIG device of GPU 1. */
export const UUIDS = {
  gpu0: "GPU-11111111-2222-3333-4444-555555555555",
  gpu1: "GPU-66666666-7777-8888-9999-000000000000",
  mig1: "MIG-aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee",
} as const;

/** What the stand-in is to be like. */
export interface NvmlOptions {
  /** What starting it gives. */
  readonly initCode?: number;
  /** What finding any GPU gives. */
  readonly handleCode?: number;
  /** What asking GPU 1 gives. */
  readonly infoCode?: number;
  /** Whether it has no MIG and no indices. */
  readonly oldDriver?: boolean;
  /** A file in which it keeps how often it is started and not shut down. */
  readonly countFile?: string;
  /** PCI domain and bus of GPU 1; 0 and 0xd8 when not given. */
  readonly gpu1?: { readonly domain: number; readonly bus: number };
}

/** Compiles the stand-in to `path`. */
export function compileNvml(path: string, options: NvmlOptions = {}): void {
  const { initCode, handleCode, infoCode, oldDriver, gpu1, countFile } =
    options;
  compileTo(path, SOURCE, {
    ...(initCode === undefined ? {} : { INIT_CODE: `${initCode}` }),
    ...(handleCode === undefined ? {} : { HANDLE_CODE: `${handleCode}` }),
    ...(infoCode === undefined ? {} : { INFO_CODE: `${infoCode}` }),
    ...(oldDriver ? { OLD_DRIVER: "1" } : {}),
    ...(countFile === undefined
      ? {}
      : { COUNT_FILE: JSON.stringify(countFile) }),
    GPU1_DOMAIN: `${gpu1?.domain ?? 0}`,
    GPU1_BUS: `${gpu1?.bus ?? 0xd8}`,
  });
}

/** Runs `use` with the paths of a stand-in that is compiled for it. */
export function withNvml<T>(
  options: NvmlOptions,
  use: (paths: readonly string[]) => T,
): T {
  return withFiles({}, (folder) => {
    const path = join(folder, "libnvidia-ml.so.1");
    compileNvml(path, options);
    return use([path]);
  });
}
