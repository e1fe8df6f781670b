// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The map of the machine, or a grid of threads where they have no CPUs.
 *
 * @module
 */

/** @import { ThreadView } from "./types.ts" */

import { make, makeSvg, setText } from "./dom.js";
import { percent } from "./format.js";

/**
 * What is coloured: a PU of the picture with its threads, or a tile.
 *
 * @typedef {object} Place
 * @property {HTMLElement | SVGElement} element
 * @property {Element} label Where the load stands.
 * @property {Element} title What a pointer at it shows.
 * @property {boolean} isNarrow Whether it has no space for a figure.
 */

/** A PU has space for its number and its load from this width on. */
const LEAST_WIDTH = 72;
/** A wider picture could not be read in half of the page. */
const WIDE_PX = 760;

/** Shows the load of threads at their places. */
export class MachineMap {
  /** @type {HTMLElement} */
  #container;
  /** The places by CPU, in the picture, or by thread, in the grid. @type {Map<string, Place>} */
  #places = new Map();
  #hasPicture = false;
  /** Whether it needs the whole width of the page. */
  isWide = false;

  /** @param {HTMLElement} container */
  constructor(container) {
    this.#container = container;
  }

  /** Whether threads stand on their CPUs. */
  get hasPicture() {
    return this.#hasPicture;
  }

  /**
   * Shows the picture of the machine, if threads have CPUs.
   *
   * @param {string | undefined} svg
   * @param {readonly ThreadView[]} threads
   * @returns {void}
   */
  begin(svg, threads) {
    const picture = svg === undefined ? undefined : parse(svg);
    const isPinned = threads.some(({ cpu }) => cpu !== null);
    this.#hasPicture = picture !== undefined && isPinned;
    this.#places.clear();
    if (picture === undefined || !isPinned) {
      const tiles = threads.map((thread) => this.#tile(thread));
      this.#container.replaceChildren(make("ul", { class: "tiles" }, tiles));
    } else {
      for (const pu of picture.querySelectorAll(".pu")) {
        this.#addPu(/** @type {SVGElement} */ (pu));
      }
      picture.setAttribute("role", "img");
      picture.setAttribute(
        "aria-label",
        "The machine with the load of each thread, which the table of threads has in words",
      );
      // Not larger than it was drawn, and not so small that nobody can read it.
      const width = Number(picture.getAttribute("width"));
      picture.style.maxWidth = `${width}px`;
      picture.style.minWidth = `${Math.round(width * 0.75)}px`;
      this.isWide = width > WIDE_PX;
      this.#container.replaceChildren(picture);
    }
  }

  /**
   * Colours the places.
   *
   * @param {readonly ThreadView[]} threads
   * @returns {void}
   */
  draw(threads) {
    const groups = Map.groupBy(
      threads,
      ({ cpu, name }) => this.#hasPicture ? String(cpu) : name,
    );
    for (const [key, place] of this.#places) {
      const here = groups.get(key) ?? [];
      if (here.length > 0) show(place, here);
    }
  }

  /** @param {SVGElement} pu */
  #addPu(pu) {
    const [x, y, width] = ["x", "y", "width"].map((name) =>
      Number(pu.querySelector("rect")?.getAttribute(name))
    );
    const label = makeSvg("text", {
      class: "load",
      x: String(x + width - 5),
      y: String(y + 14),
    });
    const title = makeSvg("title");
    pu.prepend(title);
    pu.append(label);
    this.#places.set(pu.id.replace("pu-", ""), {
      element: pu,
      label,
      title,
      isNarrow: width < LEAST_WIDTH,
    });
  }

  /** @param {ThreadView} thread */
  #tile({ name, short }) {
    const label = make("span", { class: "load" });
    const title = make("span", { class: "hidden" });
    const element = make("li", { class: "tile" }, [
      make("b", { "aria-hidden": "true" }, [short]),
      label,
      title,
    ]);
    label.setAttribute("aria-hidden", "true");
    this.#places.set(name, { element, label, title, isNarrow: false });
    return element;
  }
}

/**
 * @param {Place} place
 * @param {readonly ThreadView[]} threads
 */
function show({ element, label, title, isNarrow }, threads) {
  const load = Math.min(1, threads.reduce((sum, it) => sum + it.load, 0));
  const isLost = threads.some(({ wasJustLost }) => wasJustLost);
  element.style.setProperty("--load", load.toFixed(3));
  element.classList.toggle("lost", isLost);
  setText(
    label,
    isNarrow ? (isLost ? "✕" : "") : isLost ? "lost" : percent(load),
  );
  setText(title, threads.map(describe).join("; "));
}

/** @param {ThreadView} thread */
function describe({ name, cpu, load, state, lost }) {
  return [
    name,
    cpu === null ? "" : `CPU ${cpu}`,
    `${percent(load)} busy`,
    state,
    lost === 0 ? "" : `${lost} lost`,
  ].filter((it) => it !== "").join(", ");
}

/**
 * The picture without its style, which is that of a file on paper; undefined if it is none.
 *
 * @param {string} svg
 * @returns {SVGSVGElement | undefined}
 */
function parse(svg) {
  // Before it is parsed: already then, the page's policy refuses styles in a document.
  const bare = svg.replace(/<style>[^]*?<\/style>/, "");
  const { documentElement } = new DOMParser()
    .parseFromString(bare, "image/svg+xml");
  if (documentElement.localName !== "svg") return undefined;
  return /** @type {SVGSVGElement} */ (
    /** @type {unknown} */ (document.importNode(documentElement, true))
  );
}
