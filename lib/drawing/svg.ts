/**
 * Draws a machine as an SVG picture.
 *
 * @module
 */

import { type Box, charactersIn, grid, labelWidth, leaf } from "./layout.ts";
import {
  type CoreBox,
  type GpuBox,
  type L3Box,
  type NodeBox,
  outline,
  type PuBox,
} from "./outline.ts";
import type { Survey } from "./survey.ts";
import { shortNames, wrap } from "./text.ts";

const PU_HEIGHT = 34;
const LABEL_HEIGHT = 26;
const MARGIN = 12;
const MAX_COLUMNS = 8;

/** Style of each kind of box. Labels make the kinds distinguishable without colours. */
const STYLE = `
text { font: 12px sans-serif; fill: #1f2933; }
.title { font-weight: bold; font-size: 14px; }
.mark { font-weight: bold; }
.package { fill: #f3f4f6; stroke: #6b7280; }
.node { fill: #fdf6e3; stroke: #b58900; }
.l3 { fill: #ffffff; stroke: #9ca3af; }
.none { fill: none; stroke: none; }
.core { fill: #e5e7eb; stroke: #9ca3af; }
.efficiency { fill: #e5e7eb; stroke: #6b7280; stroke-dasharray: 4 2; }
.gpu { fill: #d9f2d9; stroke: #2e7d32; }
.selected { fill: #86d993; stroke: #14532d; stroke-width: 3; }
.async { fill: #bfdbfe; stroke: #1d4ed8; }
.compute { fill: #fed7aa; stroke: #c2410c; }
.free { fill: #ffffff; stroke: #9ca3af; }
.unused { fill: #d1d5db; stroke: #9ca3af; }
.unused-text { fill: #6b7280; }
`;

/** Draws the machine with its threads and a legend. */
export function drawSvg(survey: Survey): string {
  const { title, packages, gpus, emptyNodes, memory } = outline(survey);
  const puWidth = widestPu(survey);
  const boxes = packages.map((box) =>
    grid("package", box.title, [
      grid(
        "none",
        "",
        box.nodes.map((node) => nodeBox(node, puWidth)),
        box.nodes.length > 2 ? 2 : 1,
      ),
      ...box.gpus.length === 0 ? [] : [gpuRow(box.gpus)],
    ], 1)
  );
  const all = grid("none", "", [
    grid("none", "", boxes, 2),
    ...gpus.length === 0 ? [] : [gpuRow(gpus)],
    ...emptyNodes.length === 0 ? [] : [emptyNodeRow(emptyNodes)],
  ], 1);
  const legend = drawnLegend(survey);
  const inside = Math.max(all.width, legend.width, labelWidth(title) * 1.2);
  const width = inside + MARGIN * 2;
  const legendTop = MARGIN + 24 + all.height;
  const remarks = memory === undefined
    ? survey.notes
    : [memory, ...survey.notes];
  const notes = remarks.flatMap((remark) =>
    wrap(remark.split(" "), charactersIn(inside))
  ).map((line, index) =>
    text(MARGIN + 8, legendTop + legend.height + 16 + index * 18, line)
  );
  const height = legendTop + legend.height + notes.length * 18 + MARGIN;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
    `<style>${STYLE}</style>`,
    `<rect width="100%" height="100%" fill="#ffffff"/>`,
    text(MARGIN + 8, MARGIN + 14, title, "title"),
    draw(all, MARGIN, MARGIN + 24),
    draw(legend, MARGIN, legendTop),
    ...notes,
    "</svg>",
    "",
  ].join("\n");
}

function drawnLegend({ threads }: Survey): Box {
  const first = (role: string) =>
    threads.find((thread) => thread.role === role)?.name ?? role;
  return grid("none", "", [
    labelLeaf("async", `A0 ${first("async")}`),
    labelLeaf("compute", `C0 ${first("compute")}`),
    labelLeaf("free", "free"),
    labelLeaf("unused", "not used"),
    labelLeaf("efficiency", "efficiency core"),
  ], 5);
}

function nodeBox(node: NodeBox, puWidth: number): Box {
  const l3Groups = node.l3Groups.map((l3) => l3Box(l3, puWidth));
  // Small groups side by side, large ones below each other.
  const columns = l3Groups.some(({ width }) => width > 400) ? 1 : 4;
  return grid("node", node.title, [
    grid("none", "", l3Groups, columns),
    ...node.gpus.length === 0 ? [] : [gpuRow(node.gpus)],
  ], 1);
}

function l3Box({ title, cores }: L3Box, puWidth: number): Box {
  return grid(
    title === "" ? "none" : "l3",
    title,
    cores.map((core) => coreBox(core, puWidth)),
    MAX_COLUMNS,
  );
}

function coreBox({ isEfficiency, pus }: CoreBox, puWidth: number): Box {
  const boxes = pus.map((pu) => leaf(kindOf(pu), "", puWidth, PU_HEIGHT))
    .map((box, index) => ({
      ...box,
      label: puLabel(pus[index]),
      attributes: puAttributes(pus[index]),
    }));
  return grid(isEfficiency ? "efficiency" : "core", "", boxes, 1);
}

function kindOf({ isUsable, threads }: PuBox): string {
  if (!isUsable) return "unused";
  if (threads.length === 0) return "free";
  return threads.some(({ role }) => role === "compute") ? "compute" : "async";
}

/** The CPU, and the full names of its threads, which contain no slash. */
function puAttributes({ cpu, threads }: PuBox): Record<string, string> {
  const names = threads.map(({ name }) => name).join("/");
  return { class: "pu", id: `pu-${cpu}`, "data-threads": names };
}

/** Two lines: the CPU, and below it the threads on it. */
function puLabel({ cpu, threads }: PuBox): string {
  return threads.length === 0 ? `${cpu}` : `${cpu}\n${shortNames(threads)}`;
}

function widestPu(survey: Survey): number {
  const labels = [...Map.groupBy(survey.threads, ({ cpu }) => cpu).values()]
    .map(shortNames);
  // The names of threads are bold and so wider than other labels.
  return Math.max(34, ...labels.map((label) => labelWidth(label) * 1.2 + 14));
}

function gpuRow(gpus: readonly GpuBox[]): Box {
  const boxes = gpus.map(({ title, isSelected }) =>
    labelLeaf(isSelected ? "selected" : "gpu", title)
  );
  return grid("none", "", sameWidth(boxes), 2);
}

function emptyNodeRow(titles: readonly string[]): Box {
  const boxes = titles.map((title) => labelLeaf("node", title));
  return grid("none", "", sameWidth(boxes), 4);
}

function labelLeaf(kind: string, label: string): Box {
  return leaf(kind, label, labelWidth(label) + 24, LABEL_HEIGHT);
}

/** Makes all boxes as wide as the widest, so that they form columns. */
function sameWidth(boxes: readonly Box[]): Box[] {
  const width = Math.max(...boxes.map((box) => box.width));
  return boxes.map((box) => ({ ...box, width }));
}

function draw(box: Box, x: number, y: number): string {
  const rect = box.kind === "none"
    ? ""
    : `<rect class="${box.kind}" x="${x}" y="${y}" width="${box.width}" height="${box.height}" rx="4"/>`;
  const children = box.children.map((child) =>
    draw(child.box, x + child.x, y + child.y)
  );
  const parts = [rect, drawLabel(box, x, y), ...children]
    .filter((it) => it !== "").join("\n");
  if (box.attributes === undefined) return parts;
  const attributes = Object.entries(box.attributes)
    .map(([name, value]) => ` ${name}="${escapeXml(value)}"`);
  return `<g${attributes.join("")}>\n${parts}\n</g>`;
}

function drawLabel(
  { kind, label, height, children }: Box,
  x: number,
  y: number,
): string {
  if (label === "") return "";
  if (children.length > 0) return text(x + 8, y + 18, label);
  const style = kind === "unused" ? "unused-text" : "";
  const [first, second] = label.split("\n");
  return second === undefined
    ? text(x + 8, y + height / 2 + 4, first, style)
    : text(x + 6, y + 14, first) + text(x + 6, y + 28, second, "mark");
}

function text(x: number, y: number, content: string, style = ""): string {
  const attribute = style === "" ? "" : ` class="${style}"`;
  return `<text${attribute} x="${x}" y="${y}">${escapeXml(content)}</text>`;
}

function escapeXml(content: string): string {
  return content.replaceAll("&", "&amp;").replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
