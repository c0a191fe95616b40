/* Runs before the page is painted: applies the colour scheme the person chose, if any. */
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("theme");
  } catch {
    /* storage is switched off: the system's scheme stays */
  }
  if (chosen === "light" || chosen === "dark") document.documentElement.dataset.theme = chosen;
})();
