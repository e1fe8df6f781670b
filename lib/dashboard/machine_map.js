// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * The map of the machine, or a grid of threads where they have no CPUs.
 *
 * @module
 */

/** @import { ThreadView } from "./types.ts" */

import { make, setText } from "./dom.js";
import { percent } from "./format.js";

/**
 * What is coloured: a PU of the picture with its threads, or a tile.
 *
 * @typedef {object} Place
 * @property {HTMLElement | SVGElement} element
 * @property {Element} label Where the load stands.
 * @property {Element} title What a pointer at it shows.
 */

/** Shows the load of threads at their places. */
export class MachineMap {
  /** @type {HTMLElement} */
  #container;
  /** The places by CPU, in the picture, or by thread, in the grid. @type {Map<string, Place>} */
  #places = new Map();
  #hasPicture = false;

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
      for (const pu of picture.querySelectorAll("[data-cpu]")) {
        this.#addPu(/** @type {SVGElement} */ (pu));
      }
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
    const label = pu.querySelector(".load") ??
      pu.appendChild(document.createElementNS(pu.namespaceURI, "text"));
    const title = document.createElementNS(pu.namespaceURI, "title");
    pu.prepend(title);
    this.#places.set(pu.dataset.cpu ?? "", { element: pu, label, title });
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
    this.#places.set(name, { element, label, title });
    return element;
  }
}

/**
 * @param {Place} place
 * @param {readonly ThreadView[]} threads
 */
function show({ element, label, title }, threads) {
  const load = Math.min(1, threads.reduce((sum, it) => sum + it.load, 0));
  const isLost = threads.some(({ wasJustLost }) => wasJustLost);
  element.style.setProperty("--load", load.toFixed(3));
  element.classList.toggle("lost", isLost);
  setText(label, isLost ? "lost" : percent(load));
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
  const { documentElement } = new DOMParser()
    .parseFromString(svg, "image/svg+xml");
  if (documentElement.localName !== "svg") return undefined;
  const picture = /** @type {SVGSVGElement} */ (
    /** @type {unknown} */ (document.importNode(documentElement, true))
  );
  for (const style of picture.querySelectorAll("style")) style.remove();
  return picture;
}
