/* Small behaviours of the frame: colour scheme, menus, dialogs, copying, and answers htmx cannot place. */
import { word } from "./words.js";

const themeButtons = () => document.querySelectorAll("[data-theme-set]");

function themeShow() {
  const now = document.documentElement.dataset.theme ?? "auto";
  for (const button of themeButtons()) button.setAttribute("aria-pressed", String(button.dataset.themeSet === now));
}

function themeSet(theme) {
  if (theme === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    localStorage.setItem("theme", theme);
  } catch {
    /* storage is switched off: the choice lasts for this page */
  }
  themeShow();
}

export function say(sentence) {
  const place = document.getElementById("spoken");
  if (place) place.textContent = sentence;
}

export function alertShow(sentence) {
  const box = document.getElementById("alert-template")?.content.firstElementChild.cloneNode(true);
  const place = document.getElementById("alerts");
  if (!box || !place) return;
  box.querySelector("[data-sentence]").textContent = sentence;
  place.replaceChildren(box);
}

async function copy(button) {
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    say(word("copied"));
    button.classList.add("copied");
    setTimeout(() => button.classList.remove("copied"), 1500);
  } catch {
    say(word("copy-refused"));
  }
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-theme-set], [data-copy], [data-dialog], [data-dialog-close]");
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    const inside = menu.contains(event.target);
    if (inside && !event.target.closest("[data-dialog], [download]")) continue;
    menu.open = false;
    if (inside) menu.querySelector("summary").focus(); // where a dialog leads back to
  }
  if (!target) return;
  if (target.dataset.themeSet) themeSet(target.dataset.themeSet);
  else if (target.dataset.copy) copy(target);
  else if ("dialogClose" in target.dataset) target.closest("dialog").close();
  else {
    const dialog = document.getElementById(target.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      dialog.showModal();
    }
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const menu = document.querySelector("details.menu[open]");
  if (menu) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

/* One press is one act: a form that is on its way cannot be sent again. Heard on the way down, before htmx hears it. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("button[type=submit]")) button.setAttribute("aria-busy", "true");
}, true);
function formReady(form) {
  delete form.dataset.sent;
  for (const button of form.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
}
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach(formReady));
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.detail.elt.matches("form[data-sent]")) formReady(event.detail.elt);
});

/* What a filter left of a list, or a next page brought, is read out. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "list") say(event.target.querySelector("[data-count]")?.textContent ?? "");
  else if (event.target.id === "list-rows") say(document.getElementById("more")?.dataset.said ?? "");
});

/* Polling rests while nobody looks, and while a list shows more than the part that a poll renews. */
document.addEventListener("htmx:beforeRequest", (event) => {
  const source = event.detail.elt;
  if (!source.getAttribute("hx-trigger")?.startsWith("every")) return;
  if (document.hidden || (source.id === "rows" && document.querySelector("#more[data-extended]"))) event.preventDefault();
});

/* A whole page must never land inside a part of a page, and silence is no answer. */
document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr } = event.detail;
  if (xhr.status < 400 || xhr.status === 422 || xhr.getResponseHeader("HX-Retarget")) return;
  event.detail.shouldSwap = false;
  alertShow(word(xhr.status === 403 ? "too-old" : "no-answer"));
});
document.addEventListener("htmx:sendError", () => {
  alertShow(word("no-connection"));
});

themeShow();

/* Of a row of tabs that does not fit, the present one is in sight. */
for (const row of document.querySelectorAll(".tabs, .account-nav")) {
  const here = row.querySelector('[aria-current="page"]');
  if (here && row.scrollWidth > row.clientWidth) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;
}
