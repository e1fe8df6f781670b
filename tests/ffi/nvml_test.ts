/**
 * GPUs through a substitute for NVML that the tests compile.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  findGpu,
  type GpuRecord,
  listGpus,
  type NvmlResult,
} from "../../ffi/nvml.ts";
import { explainNvml, NVML_CODES } from "../../ffi/nvml_errors.ts";
import { withFiles } from "../config/config_file.ts";
import { hasCompiler } from "../support/compiler.ts";
import { compileNvml, UUIDS, withNvml } from "../support/nvml.ts";
import { skip, test } from "../support/test.ts";

const needsCompiler = hasCompiler
  ? test
  : (name: string) => skip(name, "needs a C compiler");

const GPU_1: GpuRecord = {
  index: 1,
  uuid: UUIDS.gpu1,
  name: "Stand-in GPU",
  pci: { domain: 0x10, bus: 0xd8, device: 0, function: 0 },
  busId: "0010:d8:00.0",
};

needsCompiler(
  "findGpu() finds a GPU by index, by UUID and by the UUID of a MIG device",
  () => {
    withNvml({ gpu1: { domain: 0x10, bus: 0xd8 } }, (paths) => {
      assert.deepEqual(value(findGpu(1, paths)), GPU_1);
      assert.deepEqual(value(findGpu(UUIDS.gpu1, paths)), GPU_1);
      assert.deepEqual(value(findGpu(UUIDS.mig1, paths)), GPU_1);
      assert.equal(value(findGpu(UUIDS.gpu0, paths)).busId, "0000:3b:00.0");
    });
  },
);

needsCompiler("A driver without MIG finds GPUs and rejects MIG devices", () => {
  withNvml({ oldDriver: true }, (paths) => {
    assert.equal(value(findGpu(UUIDS.gpu1, paths)).index, null);
    const mig = findGpu(UUIDS.mig1, paths);
    assert.equal(!mig.ok && mig.code, 13);
  });
});

needsCompiler(
  "An unknown index or UUID is a failure with a hint how to list GPUs",
  () => {
    withNvml({}, (paths) => {
      const index = findGpu(2, paths);
      assert.equal(
        index.ok ? "" : index.message,
        "Cannot find GPU 2: there is no such GPU (NVML code 2)",
      );
      assert.match(index.ok ? "" : index.hint, /nvidia-smi -L/);
      const uuid = findGpu("GPU-0", paths);
      assert.equal(
        uuid.ok ? "" : uuid.message,
        "Cannot find GPU GPU-0: no GPU has this UUID (NVML code 6)",
      );
    });
  },
);

needsCompiler("listGpus() returns a failure in the place of a lost GPU", () => {
  withNvml({ infoCode: 15 }, (paths) => {
    const [first, second] = value(listGpus(paths));
    assert.equal(value(first).uuid, UUIDS.gpu0);
    assert.equal(!second.ok && second.code, 15);
    assert.match(second.ok ? "" : second.message, /describe GPU 1: .* is lost/);
  });
});

needsCompiler("Each error code of NVML or a GPU has its own text", () => {
  const messages = [4, 9, 18, 999].map((code) =>
    withNvml({ initCode: code }, (paths) => failure(listGpus(paths), code))
  );
  messages.push(
    withNvml({ handleCode: 15 }, (paths) => failure(findGpu(0, paths), 15)),
  );
  assert.equal(new Set(messages).size, messages.length);
});

needsCompiler("NVML is shut down, also if a GPU is not found", () => {
  withFiles({}, (folder) => {
    const countFile = join(folder, "count");
    const path = join(folder, "libnvidia-ml.so.1");
    compileNvml(path, { countFile });
    for (const device of [0, 7]) {
      findGpu(device, [path]);
      assert.equal(readFileSync(countFile, "utf8"), "0");
    }
  });
});

test("On a system other than Linux the result has the reason", () => {
  const result = findGpu(0, [], "darwin");
  assert.equal(!result.ok && result.reason, "platform");
  assert.match(
    result.ok ? "" : result.message,
    /the platform is darwin, not Linux$/,
  );
});

test("Every code has a text and a hint, and all texts differ", () => {
  const texts = NVML_CODES.map((code) => explainNvml(code).text);
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(NVML_CODES.length, 30);
  for (const code of [...NVML_CODES, 4711]) {
    assert.ok(explainNvml(code).hint.length > 0);
  }
});

test("Without the library the result reports what provides it", () => {
  const result = findGpu(0, ["libloom-is-not-there.so"]);
  assert.equal(!result.ok && result.reason, "missing");
  assert.match(
    result.ok ? "" : result.message,
    /part of NVIDIA's driver, was not found$/,
  );
});

function value<T>(result: NvmlResult<T>): T {
  if (!result.ok) assert.fail(result.message);
  return result.value;
}

function failure(result: NvmlResult<unknown>, code: number): string {
  if (result.ok) assert.fail("it worked");
  assert.equal(result.reason, "nvml");
  assert.equal(result.code, code);
  assert.ok(result.hint.length > 0);
  return result.message;
}
