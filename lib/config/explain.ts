/**
 * Formats a resolved configuration as a table.
 *
 * @module
 */

import type { Origin } from "./layer.ts";
import type { ExplainedSetting, OverriddenValue } from "./merge.ts";
import { SETTINGS } from "./schema.ts";
import { showTable } from "./table_type.ts";
import { showValue } from "./value_type.ts";

/**
 * Formats the result of `explain()` as a table, one line for each setting.
 *
 * @param settings What `runtime.explain()` returns.
 * @returns Aligned lines with the name of the setting, its value, where the value came from
 * and which values it replaced.
 *
 * @example Usage
 * ```ts
 * import { formatExplain, LoomBuilder } from "@loom/runtime";
 *
 * await using runtime = await new LoomBuilder().build();
 * console.log(formatExplain(runtime.explain()));
 * ```
 */
export function formatExplain(settings: readonly ExplainedSetting[]): string {
  const rows = settings.map((setting) => [
    setting.name,
    shownValue(setting),
    shownOrigin(setting.origin) + shownOverridden(setting),
  ]);
  const widths = [0, 1].map((column) =>
    Math.max(0, ...rows.map((row) => row[column].length))
  );
  return rows
    .map(([name, value, origin]) =>
      `${name.padEnd(widths[0])}  ${value.padEnd(widths[1])}  ${origin}`
    )
    .join("\n");
}

function shownValue({ key, value }: ExplainedSetting): string {
  return value === undefined
    ? `(${SETTINGS[key].defaultText ?? "not set"})`
    : showPart(value);
}

function showPart(value: ExplainedSetting["value"]): string {
  return typeof value === "object" ? showTable(value) : showValue(value);
}

function shownOrigin({ source, name }: Origin): string {
  return source === "default" ? name : `${source} ${name}`;
}

function shownOverridden({ overridden }: ExplainedSetting): string {
  const shown = overridden
    .filter(({ origin }) => origin.source !== "default")
    .map(({ value, origin }: OverriddenValue) =>
      `${showPart(value)} from ${shownOrigin(origin)}`
    );
  return shown.length === 0 ? "" : `, over ${shown.join(", ")}`;
}
