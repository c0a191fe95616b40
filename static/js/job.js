/* The page of a job: acts as dialogs, changes told to those who listen, folds that stay as they are, charts. */

import { chartsDraw } from "./figures.js";
import { say } from "./ui.js";

const dialog = document.getElementById("act-dialog");
const act = document.getElementById("act");

document.addEventListener("htmx:afterSwap", (event) => {
  const target = event.detail.target;
  if (target === act) {
    if (!dialog.open) dialog.showModal();
    (act.querySelector("[autofocus], .is-invalid") ?? act.querySelector("#act-title"))?.focus();
  } else if (target?.id === "alerts" && dialog.open) dialog.close();
});
document.addEventListener("htmx:responseError", () => {
  if (dialog.open && !act.contains(document.activeElement)) dialog.close();
});
/* An act that failed may be sent again. */
document.addEventListener("htmx:afterRequest", (event) => {
  const form = event.detail.elt;
  if (form.matches?.("form[data-sent]") && !event.detail.successful) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
  }
});

/* Parts that come anew keep their folds open. */
document.addEventListener("htmx:oobBeforeSwap", (event) => {
  const old = [...event.detail.target.querySelectorAll("details")];
  const fresh = [...event.detail.fragment.querySelectorAll("details")];
  fresh.forEach((details, index) => {
    details.open = old[index]?.open ?? details.open;
  });
});

/* A change of state is told once, in words; the log is told to nobody who did not ask. */
let state = document.getElementById("job-live")?.dataset.state;
document.addEventListener("htmx:afterSettle", () => {
  const now = document.getElementById("job-live")?.dataset.state;
  if (!now || now === state) return;
  state = now;
  const card = document.getElementById("job-state");
  say(`${card.querySelector(".state").textContent}. ${card.querySelector("[data-next]").textContent}`);
});

/* --- charts: the library comes only where there is something to draw ------------------------------------------ */
const figures = document.getElementById("job-figures");
let library = null;

function chart() {
  library ??= new Promise((resolve, reject) => {
    if (window.Chart) return resolve();
    const script = document.createElement("script");
    script.src = figures.dataset.chart;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return library;
}

document.addEventListener("htmx:afterSettle", async () => {
  if (!figures?.querySelector("[data-figure]:not([data-drawn])")) return;
  try {
    await chart();
    chartsDraw(figures);
  } catch {
    /* the tables say it all */
  }
});
