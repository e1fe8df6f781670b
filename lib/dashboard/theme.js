// @ts-check
/// <reference lib="dom" />
/**
 * Light, dark, or as the system has it.
 *
 * @module
 */

import { byId } from "./dom.js";

const KEY = "loom-theme";

/**
 * Begins with the theme that was chosen last.
 *
 * @param {() => void} onChange Is called when colours have changed, by the system as well.
 * @returns {void}
 */
export function beginTheme(onChange) {
  /** @type {HTMLSelectElement} */
  const select = byId("theme");
  const root = document.documentElement;
  select.value = root.dataset.theme = read();
  select.addEventListener("change", () => {
    root.dataset.theme = select.value;
    try {
      localStorage.setItem(KEY, select.value);
    } catch {
      // It is forgotten then.
    }
    onChange();
  });
  matchMedia("(prefers-color-scheme: dark)")
    .addEventListener("change", onChange);
}

function read() {
  try {
    const stored = localStorage.getItem(KEY);
    return stored === "light" || stored === "dark" ? stored : "";
  } catch {
    // Browsers may forbid it.
    return "";
  }
}
