import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { configJsonSchemaText } from "../../lib/config/json_schema.ts";
import { test } from "../support/test.ts";

test("loom.schema.json is the output of configJsonSchemaText()", () => {
  const path = new URL("../../loom.schema.json", import.meta.url);
  assert.equal(readFileSync(path, "utf8"), configJsonSchemaText());
});
