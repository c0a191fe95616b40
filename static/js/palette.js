/* The palette: / or Ctrl-K opens it, arrows choose, Enter opens. Without this the search is a page. */
const palette = document.getElementById("palette");
const input = document.getElementById("palette-q");

function hits() {
  return [...palette.querySelectorAll("a.hit")];
}

function open(event) {
  event.preventDefault();
  document.getElementById("side")?.hidePopover?.();
  if (palette.open) return;
  palette.showModal();
  input.select();
  input.dispatchEvent(new CustomEvent("palette-open"));
}

function typing(element) {
  return element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
}

document.addEventListener("keydown", (event) => {
  const alone = !event.ctrlKey && !event.metaKey && !event.altKey;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") open(event);
  else if (alone && event.key === "/" && !typing(event.target) && !document.querySelector("dialog[open]")) open(event);
});

document.addEventListener("click", (event) => {
  if (event.target === palette) palette.close();
  else if (event.target.closest("[data-palette]") && !event.ctrlKey && !event.metaKey) open(event);
});

palette.addEventListener("keydown", (event) => {
  const all = hits();
  const at = all.indexOf(document.activeElement);
  if (event.key === "ArrowDown" && all.length) {
    event.preventDefault();
    all[(at + 1) % all.length].focus();
  } else if (event.key === "ArrowUp" && all.length) {
    event.preventDefault();
    if (at <= 0) input.focus();
    else all[at - 1].focus();
  } else if (event.key === "Enter" && event.target === input && all.length && !event.isComposing) {
    event.preventDefault();
    all[0].click();
  }
});

// An answer that comes late replaces what the arrows have reached: the same place in the new list takes the focus.
let reached = -1;
palette.addEventListener("htmx:beforeSwap", () => { reached = hits().indexOf(document.activeElement); });
palette.addEventListener("htmx:afterSwap", () => { if (reached >= 0) (hits()[reached] ?? input).focus(); });
