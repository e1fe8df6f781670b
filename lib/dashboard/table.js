// @ts-check
/// <reference lib="dom" />
/**
 * A table that one can sort, whose rows stay where they are while their figures change.
 *
 * @module
 */

import { make, setText } from "./dom.js";

/**
 * @template Row
 * @typedef {object} Column
 * @property {string} title
 * @property {string} [help] What the title does not say.
 * @property {(row: Row) => string} text
 * @property {(row: Row) => number | string} [order] What rows are sorted by; the text if not given.
 * @property {(row: Row) => number} [part] The length of a bar behind the text, from 0 to 1.
 * @property {boolean} [isText] Whether it has words, which stand at the left.
 * @property {(row: Row) => string} [style] A class for the cell.
 * @property {(row: Row) => number} [swatch] The number of the colour of the row.
 */

/**
 * Rows in an order.
 *
 * @template Row
 * @param {readonly Row[]} rows
 * @param {Column<Row>} column
 * @param {boolean} descending
 * @returns {Row[]}
 */
export function sorted(rows, column, descending) {
  const { order = column.text } = column;
  const direction = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [order(a), order(b)];
    const compared = typeof x === "string"
      ? x.localeCompare(String(y), "en", { numeric: true })
      : x - Number(y);
    return direction * compared;
  });
}

/** @template {{ readonly name: string }} Row */
export class Table {
  /** @type {readonly Column<Row>[]} */
  #columns;
  /** @type {{ column: number, descending: boolean }} */
  #order;
  /** @type {readonly Row[]} */
  #rows = [];
  /** @type {Map<string, HTMLElement>} */
  #elements = new Map();
  #body = make("tbody");
  /** @type {HTMLElement[]} */
  #headings = [];

  /**
   * @param {HTMLElement} table
   * @param {readonly Column<Row>[]} columns The first one is the name of the row.
   * @param {{ column: number, descending: boolean }} order
   */
  constructor(table, columns, order) {
    this.#columns = columns;
    this.#order = order;
    this.#headings = columns.map(({ title, help, isText }, index) => {
      const button = make("button", { type: "button" }, [title]);
      if (help !== undefined) button.title = help;
      button.addEventListener("click", () => this.#sortBy(index));
      const style = isText ? "words" : "";
      return make("th", { scope: "col", class: style }, [button]);
    });
    table.replaceChildren(
      make("thead", {}, [make("tr", {}, this.#headings)]),
      this.#body,
    );
    this.#showOrder();
  }

  /**
   * Shows rows.
   *
   * @param {readonly Row[]} rows
   * @returns {void}
   */
  draw(rows) {
    this.#rows = rows;
    const { column, descending } = this.#order;
    const all = sorted(rows, this.#columns[column], descending);
    const names = new Set(all.map(({ name }) => name));
    for (const [name, element] of this.#elements) {
      if (names.has(name)) continue;
      element.remove();
      this.#elements.delete(name);
    }
    all.forEach((row, index) => {
      const element = this.#elementOf(row);
      this.#fill(element, row);
      // Moving an element that stays where it is would cost its selection.
      if (this.#body.children[index] !== element) {
        this.#body.insertBefore(element, this.#body.children[index] ?? null);
      }
    });
  }

  /** @param {Row} row */
  #elementOf({ name }) {
    const known = this.#elements.get(name);
    if (known !== undefined) return known;
    const cells = this.#columns.map(({ swatch }, index) => {
      const text = make("span", { class: "text" });
      const inside = swatch === undefined
        ? [text]
        : [make("span", { class: "swatch", "aria-hidden": "true" }), text];
      return index === 0
        ? make("th", { scope: "row" }, inside)
        : make("td", {}, inside);
    });
    const element = make("tr", {}, cells);
    this.#elements.set(name, element);
    return element;
  }

  /**
   * @param {HTMLElement} element
   * @param {Row} row
   */
  #fill(element, row) {
    this.#columns.forEach(({ text, part, isText, style, swatch }, index) => {
      const cell = /** @type {HTMLElement} */ (element.children[index]);
      const shown = text(row);
      const words = /** @type {HTMLElement} */ (cell.lastElementChild);
      setText(words, shown);
      const classes = [
        isText ? "words" : "",
        part === undefined ? "" : "bar",
        style?.(row) ?? "",
      ].filter((it) => it !== "").join(" ");
      if (cell.className !== classes) cell.className = classes;
      if (index === 0 && cell.title !== row.name) cell.title = row.name;
      if (part !== undefined) {
        cell.style.setProperty("--part", part(row).toFixed(3));
      }
      if (swatch !== undefined) {
        cell.style.setProperty("--swatch", `var(--task-${swatch(row)})`);
      }
    });
  }

  /** @param {number} column */
  #sortBy(column) {
    const isSame = this.#order.column === column;
    this.#order = {
      column,
      // Words begin with A, numbers with the largest.
      descending: isSame
        ? !this.#order.descending
        : this.#columns[column].isText !== true,
    };
    this.#showOrder();
    this.draw(this.#rows);
  }

  #showOrder() {
    const { column, descending } = this.#order;
    this.#headings.forEach((heading, index) => {
      if (index !== column) heading.removeAttribute("aria-sort");
      else {
        heading.setAttribute(
          "aria-sort",
          descending ? "descending" : "ascending",
        );
      }
    });
  }
}
