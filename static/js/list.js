/* A list that lives: rows change in place, new ones are announced and not pushed in, choosing counts. */
import { say } from "./ui.js";
import { counted, word } from "./words.js";

let source = null;
let followed = "";

function rowApply(data) {
  const now = document.getElementById(`job-${data.id}`);
  const parsed = document.createElement("template");
  parsed.innerHTML = data.html.trim();
  const fresh = parsed.content.firstElementChild;
  if (!now || !fresh) return false;
  let changed = false;
  for (const [n, cell] of [...now.cells].entries()) {
    const other = fresh.cells[n];
    if (!other) continue;
    const ticking = cell.querySelector("[data-tick]") && other.querySelector("[data-tick]");
    const box = cell.querySelector("input[type=checkbox]");
    if (box) {
      box.disabled = other.querySelector("input").disabled;
      if (box.disabled) box.checked = false;
    } else if (!ticking && cell.innerHTML.trim() !== other.innerHTML.trim()) {
      cell.replaceChildren(...other.childNodes);
      changed = true;
    }
  }
  if (changed) picksCount();
  return changed;
}

function newsShow(count) {
  const place = document.querySelector("[data-news]");
  if (!place) return;
  place.hidden = count < 1;
  const text = count > 99 ? word("news-many") : counted("news", count);
  place.querySelector("a").textContent = text;
  if (count > 0) say(text);
}

function follow() {
  const rows = document.getElementById("rows");
  const part = document.querySelector("[data-follow]");
  const url = rows?.dataset.live ?? part?.dataset.follow ?? "";
  if (url === followed) return;
  source?.close();
  source = null;
  followed = url;
  if (!url) return;
  let first = true; // the first look repeats what the page shows
  source = new EventSource(url);
  source.addEventListener("row", (event) => {
    const data = JSON.parse(event.data);
    if (rowApply(data) && !first) say(data.said);
  });
  source.addEventListener("changed", () => {
    first = false;
    const now = document.querySelector("[data-follow]");
    if (now) window.htmx.trigger(now, "jobs-changed");
  });
  source.addEventListener("news", (event) => newsShow(Number(event.data)));
  source.addEventListener("refused", () => source?.close());
}

function picksCount() {
  for (const form of document.querySelectorAll("form.picks")) {
    const count = form.querySelectorAll("input[name=job]:checked").length;
    const place = form.querySelector("[data-picked]");
    if (place) place.textContent = count ? counted("chosen", count) : "";
    const button = form.querySelector("[data-needs-pick]");
    if (button) button.disabled = count === 0;
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("form.picks input[name=job]")) picksCount();
});
document.addEventListener("htmx:afterSettle", () => {
  follow();
  picksCount();
});
function rest() {
  source?.close();
  source = null;
  followed = "";
}

/* A hidden tab follows nothing: browsers allow few open streams. Whoever comes back is told what changed meanwhile. */
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return rest();
  follow();
  const part = document.querySelector("[data-follow]");
  if (part) window.htmx.trigger(part, "jobs-changed");
});
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", follow);
follow();
picksCount();
