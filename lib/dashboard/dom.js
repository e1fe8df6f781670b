// @ts-check
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
/**
 * Finds and makes elements.
 *
 * @module
 */

/**
 * The element with an id, which the page has.
 *
 * @template {Element} [E=HTMLElement]
 * @param {string} id
 * @returns {E}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`Cannot find element "${id}"`);
  return /** @type {E} */ (/** @type {unknown} */ (element));
}

/**
 * Makes an element.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @param {readonly (Node | string)[]} [children]
 * @returns {HTMLElement}
 */
export function make(tag, attributes = {}, children = []) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/**
 * Makes an element of SVG.
 *
 * @param {string} tag
 * @param {Readonly<Record<string, string>>} [attributes]
 * @returns {SVGElement}
 */
export function makeSvg(tag, attributes = {}) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) {
    element.setAttribute(name, value);
  }
  return element;
}

/**
 * Sets the text of an element if it is another one: what reads the page aloud, and what is
 * selected, is left alone.
 *
 * @param {Element} element
 * @param {string} text
 * @returns {void}
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
