/* The market picker: narrow by memory, sort by what matters. Without this the list is there, cheapest first. */

const tools = document.querySelector("[data-market-tools]");
const list = document.querySelector(".markets");

function wanted() {
  const least = Number(tools.querySelector("[data-vram]").value);
  const by = tools.querySelector("[data-sort]").value;
  const items = [...list.children];
  const value = (item) => Number(item.dataset[by]) * (by === "vram" ? -1 : 1);
  items.sort((a, b) => value(a) - value(b) || Number(a.dataset.price) - Number(b.dataset.price));
  for (const item of items) item.hidden = Number(item.dataset.vram) < least;
  list.append(...items);
  const visible = items.filter((item) => !item.hidden);
  document.querySelector("[data-no-market]").hidden = visible.length > 0;
  const chosen = list.querySelector("input:checked");
  if (visible.length && (!chosen || chosen.closest("li").hidden)) {
    const input = visible[0].querySelector("input");
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

if (tools && list) {
  tools.hidden = false;
  tools.addEventListener("change", (event) => {
    event.stopPropagation();
    wanted();
  });
}

/* Tab indents in the editor; Escape first gives Tab back, so that the keyboard is never trapped. */
let tabIndents = true;
document.addEventListener("keydown", (event) => {
  const editor = event.target.closest?.("textarea.code");
  if (!editor) return;
  if (event.key === "Escape") tabIndents = false;
  else if (event.key === "Tab" && !event.shiftKey && tabIndents) {
    event.preventDefault();
    editor.setRangeText("  ", editor.selectionStart, editor.selectionEnd, "end");
  } else if (event.key !== "Tab" && event.key !== "Shift") tabIndents = true;
});
