/* Line numbers beside a text area, marks on the lines the server found something on, and a way from each to its line. */

function numbersDraw(area, gutter) {
  const count = area.value.split("\n").length;
  const marks = new Map(marksRead().map((mark) => [mark.line, mark.text]));
  const rows = document.createDocumentFragment();
  for (let line = 1; line <= count; line += 1) {
    const row = document.createElement("span");
    row.textContent = String(line);
    if (marks.has(line)) {
      row.className = "marked";
      row.title = marks.get(line);
    }
    rows.append(row);
  }
  gutter.replaceChildren(rows);
  gutter.scrollTop = area.scrollTop;
}

function marksRead() {
  try {
    return JSON.parse(document.getElementById("problems")?.dataset.marks || "[]");
  } catch {
    return [];
  }
}

export function attach() {
  for (const area of document.querySelectorAll("textarea[data-editor]:not([data-numbered])")) {
    area.dataset.numbered = "yes";
    const frame = document.createElement("div");
    const gutter = document.createElement("div");
    frame.className = "editor";
    gutter.className = "gutter";
    gutter.setAttribute("aria-hidden", "true");
    area.before(frame);
    frame.append(gutter, area);
    area.addEventListener("input", () => numbersDraw(area, gutter));
    area.addEventListener("scroll", () => {
      gutter.scrollTop = area.scrollTop;
    });
    document.addEventListener("htmx:afterSettle", () => numbersDraw(area, gutter));
    document.addEventListener("htmx:oobAfterSwap", () => numbersDraw(area, gutter));
    numbersDraw(area, gutter);
  }
}

function lineShow(area, line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  area.scrollTop = Math.max(0, (line - 4) * (area.scrollHeight / lines.length));
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-line]");
  const area = document.querySelector("textarea[data-editor]");
  if (!link || !area) return;
  event.preventDefault();
  lineShow(area, Number(link.dataset.line));
});
