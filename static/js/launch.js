/* The launch page: the editor comes only when its tab is open; Tab indents in fields of code. */

const form = document.querySelector("form.launch");

function editorFind() {
  if (form && document.querySelector("textarea[data-editor]")) import(form.dataset.editorSrc).then((editor) => editor.attach());
}
document.addEventListener("htmx:afterSettle", editorFind);
editorFind();

/* A new part of the page asks once more what it costs: another tab may need another GPU. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target?.id === "what" || event.detail.elt?.id === "what") form.dispatchEvent(new Event("change"));
});

/* Enter in what somebody looks for looks; it never checks or launches. */
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest?.(".market-tools input")) return;
  event.preventDefault();
  event.target.dispatchEvent(new Event("change", { bubbles: true }));
});

/* Tab indents in the editor; Escape first gives Tab back, so that the keyboard is never trapped. */
let tabIndents = true;
document.addEventListener("keydown", (event) => {
  const editor = event.target.closest?.("textarea.code");
  if (!editor) return;
  if (event.key === "Escape") tabIndents = false;
  else if (event.key === "Tab" && !event.shiftKey && tabIndents && "editor" in editor.dataset) {
    event.preventDefault();
    editor.setRangeText("  ", editor.selectionStart, editor.selectionEnd, "end");
    editor.dispatchEvent(new Event("input", { bubbles: true }));
  } else if (event.key !== "Tab" && event.key !== "Shift") tabIndents = true;
});
