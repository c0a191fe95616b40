/* A window on many lines: they stand in blocks, and only blocks near the visible part hold elements. */

const BLOCK = 100; // lines
const AROUND = 800; // pixels above and below what is seen
const LINE = 21; // pixels of a line that was never measured

export class Window {
  constructor(view, draw) {
    this.view = view;
    this.draw = draw; // makes the element of a line
    this.blocks = [];
    this.byElement = new WeakMap();
    this.watcher = new IntersectionObserver((entries) => this.seen(entries), { root: view, rootMargin: `${AROUND}px 0px` });
  }

  /* --- what stands in it ---- */
  clear() {
    for (const block of this.blocks) {
      this.watcher.unobserve(block.element);
      block.element.remove();
    }
    this.blocks = [];
  }

  set(lines) {
    this.clear();
    this.append(lines);
  }

  append(lines) {
    let at = 0;
    const last = this.blocks[this.blocks.length - 1];
    if (last && last.lines.length < BLOCK) {
      at = Math.min(BLOCK - last.lines.length, lines.length);
      const fresh = lines.slice(0, at);
      last.lines.push(...fresh);
      if (last.filled) last.element.append(...fresh.map(this.draw));
      else this.guess(last);
    }
    const made = [];
    for (; at < lines.length; at += BLOCK) made.push(this.block(lines.slice(at, at + BLOCK)));
    this.blocks.push(...made);
    this.view.append(...made.map((block) => block.element));
    for (const block of made) this.watcher.observe(block.element);
  }

  prepend(lines) {
    const made = [];
    for (let at = 0; at < lines.length; at += BLOCK) made.push(this.block(lines.slice(at, at + BLOCK)));
    const before = this.view.scrollHeight;
    const first = this.blocks[0]?.element ?? null;
    for (const block of made) this.view.insertBefore(block.element, first);
    this.blocks.unshift(...made);
    this.view.scrollTop += this.view.scrollHeight - before;
    for (const block of made) this.watcher.observe(block.element);
  }

  /* Leave out the oldest lines, a block at a time; return how many. */
  dropFirst(count) {
    let dropped = 0;
    while (this.blocks.length > 1 && dropped + this.blocks[0].lines.length <= count) {
      const block = this.blocks.shift();
      dropped += block.lines.length;
      this.watcher.unobserve(block.element);
      const before = this.view.scrollHeight;
      block.element.remove();
      this.view.scrollTop -= before - this.view.scrollHeight;
    }
    return dropped;
  }

  /* --- blocks ---- */
  block(lines) {
    const element = document.createElement("div");
    element.className = "lines";
    const block = { element, lines, filled: false };
    this.byElement.set(element, block);
    this.guess(block);
    return block;
  }

  guess(block) {
    const columns = this.columns();
    const rows = block.lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(line.plain.length / columns)), 0);
    block.element.style.height = `${Math.round(rows * (this.lineHeight ?? LINE))}px`;
  }

  columns() {
    if (!this.view.classList.contains("wrap")) return Infinity;
    return Math.max(20, Math.floor((this.view.clientWidth - 170) / 7.8));
  }

  fill(block) {
    if (block.filled) return;
    const above = block.element.offsetTop + block.element.offsetHeight <= this.view.scrollTop;
    const before = block.element.offsetHeight;
    block.element.replaceChildren(...block.lines.map(this.draw));
    block.element.style.height = "";
    block.filled = true;
    if (block.lines.length === BLOCK && !this.view.classList.contains("wrap")) {
      this.lineHeight = block.element.offsetHeight / BLOCK;
    }
    if (above) this.view.scrollTop += block.element.offsetHeight - before;
  }

  empty(block) {
    if (!block.filled || block.element.contains(document.activeElement)) return;
    block.element.style.height = `${block.element.offsetHeight}px`;
    block.element.replaceChildren();
    block.filled = false;
  }

  seen(entries) {
    for (const entry of entries) {
      const block = this.byElement.get(entry.target);
      if (!entry.isIntersecting) this.empty(block);
    }
    for (const entry of entries) {
      if (entry.isIntersecting) this.fill(this.byElement.get(entry.target));
    }
    this.afterFill?.();
  }

  /* Draw anew what is drawn: the look of lines has changed. */
  redraw() {
    for (const block of this.blocks) {
      if (block.filled) block.element.replaceChildren(...block.lines.map(this.draw));
      else this.guess(block);
    }
  }

  /* --- going there ---- */
  toEnd() {
    const last = this.blocks[this.blocks.length - 1];
    if (last) this.fill(last);
    this.view.scrollTop = this.view.scrollHeight;
  }

  /* Bring the line with this number into the middle; return its element, or null where it does not stand here. */
  show(seq) {
    const block = this.blocks.find((one) => one.lines[one.lines.length - 1].seq >= seq);
    const index = block?.lines.findIndex((line) => line.seq === seq) ?? -1;
    if (index < 0) return null;
    this.fill(block);
    const element = block.element.children[index];
    this.view.scrollTop = element.offsetTop - this.view.clientHeight / 2;
    return element;
  }
}
