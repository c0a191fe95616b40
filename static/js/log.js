/* The live log of a job: what the stream brings, as the person wants to see it. The parts stand in log/. */

import { choicesKeep, choicesRead } from "./log/choices.js";
import { clockOf, fits, lineElement, lineRead, MOST, smallOf } from "./log/lines.js";
import { Stream } from "./log/stream.js";
import { Window } from "./log/window.js";
import { say } from "./ui.js";
import { counted, word } from "./words.js";

const OLDER = 5000; // lines fetched at once from above
const panel = document.querySelector("[data-stream]");
const view = panel.querySelector("[data-log-view]");
const part = (name) => panel.querySelector(`[data-log-${name}]`);
const search = panel.querySelector("#log-search");
const times = panel.querySelector("#log-time");
const level = panel.querySelector("#log-level");
const operation = panel.querySelector("#log-operation");
const choices = choicesRead();

const look = { times: choices.times, began: Date.parse(panel.dataset.began), clock: clockOf(panel.dataset.zone), words: "", here: 0 };
const wanted = { words: "", level: "", operation: "", only: false };
let lines = []; // in order of their numbers, without gaps
let hits = []; // numbers of lines that hold the words, among those that fit
let hit = -1;
let waiting = [];
let scheduled = false;
let following = true;
let paused = false;
let fetching = null;
let whole = true; // whether nothing older waits
const page = new Window(view, (line) => lineElement(line, look));

/* --- what is shown ------------------------------------------------------------------------------------ */
const narrowed = () => Boolean(wanted.level || wanted.operation || (wanted.only && wanted.words));
const fitting = (some) => (narrowed() ? some.filter((line) => fits(line, wanted)) : some);

function note(name, text, before) {
  let element = view.querySelector(`.log-${name}`);
  if (!text) return element?.remove();
  if (!element) {
    element = document.createElement("p");
    element.className = `log-note-line log-${name}`;
    if (before) view.prepend(element);
    else view.append(element);
  }
  if (element.textContent !== text) element.textContent = text;
}

function notes() {
  const empty = lines.length && narrowed() && !page.blocks.length;
  note("nothing", empty ? word("log-nothing") : "", false);
  const first = lines[0]?.seq ?? 1;
  const full = lines.length >= MOST;
  note("older", whole ? "" : word(full ? "log-elsewhere" : "log-above", { last: first - 1 }), true);
}

function showAll() {
  page.set(fitting(lines));
  notes();
  count();
  if (following) page.toEnd();
}

function paint() {
  scheduled = false;
  if (!waiting.length) return;
  if (paused) return pauseShow();
  const fresh = waiting;
  waiting = [];
  lines = lines.length ? lines.concat(fresh) : fresh;
  const shown = fitting(fresh);
  page.append(shown);
  if (wanted.words) hits = hits.concat(shown.filter(holds).map((line) => line.seq));
  if (lines.length > MOST + OLDER) shorten();
  notes();
  hitsShow();
  if (following) page.toEnd();
}

function shorten() {
  const count = lines.length - MOST;
  lines.splice(0, count);
  hits = hits.filter((seq) => seq >= lines[0].seq);
  hit = hits.indexOf(look.here);
  whole = false;
  if (narrowed()) page.set(fitting(lines));
  else {
    const dropped = page.blocks[0] ? lines[0].seq - page.blocks[0].lines[0].seq : 0;
    page.dropFirst(dropped);
  }
}

function plan() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(paint);
  setTimeout(() => scheduled && paint(), 250); // frames rest while the page is hidden
}

/* --- older lines -------------------------------------------------------------------------------------- */
async function older() {
  if (whole || fetching || lines.length >= MOST || !lines.length) return fetching;
  const first = lines[0].seq;
  const after = Math.max(first - 1 - OLDER, 0);
  fetching = fetch(`${panel.dataset.lines}?after=${after}&until=${first - 1}`)
    .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(answer.status))))
    .then((text) => {
      const fresh = text.split("\n").filter(Boolean).map(lineRead).filter((line) => line.seq < first);
      if (!fresh.length) whole = true;
      lines.unshift(...fresh);
      if (after === 0) whole = true;
      page.prepend(fitting(fresh));
      if (wanted.words) hits.unshift(...fitting(fresh).filter(holds).map((line) => line.seq));
      if (hit >= 0) hit = hits.indexOf(look.here);
      notes();
      hitsShow();
    })
    .catch(() => say(word("log-not-loaded")))
    .finally(() => {
      fetching = null;
    });
  return fetching;
}

/* Everything older, for a search or a line far above; a person who goes on typing stops nothing. */
async function oldest(until = 1) {
  let tries = 0;
  while (!whole && lines.length && lines[0].seq > until && lines.length < MOST && tries < MOST / OLDER) {
    tries += 1;
    await older();
  }
}

/* --- search ------------------------------------------------------------------------------------------- */
const holds = (line) => smallOf(line).includes(wanted.words);

function count() {
  hits = wanted.words ? fitting(lines).filter(holds).map((line) => line.seq) : [];
  hit = hits.indexOf(look.here);
  hitsShow();
}

function hitsShow() {
  const name = hit >= 0 ? "log-hit" : "log-hits";
  const text = wanted.words ? counted(name, hits.length, { at: hit + 1 }) : "";
  if (part("hits").textContent !== text) part("hits").textContent = text;
}

function searched() {
  wanted.words = search.value.trim().toLowerCase();
  look.words = wanted.words;
  if (wanted.only) showAll();
  else {
    page.redraw();
    count();
  }
  if (wanted.words) oldest();
}

function step(by) {
  if (!hits.length) return;
  follow(false);
  const below = hit < 0 ? (by > 0 ? 0 : hits.length - 1) : (hit + by + hits.length) % hits.length;
  hit = below;
  go(hits[hit]);
  hitsShow();
}

/* --- one line ------------------------------------------------------------------------------------------ */
function go(seq) {
  look.here = seq;
  view.querySelector(".line.here")?.classList.remove("here");
  const element = page.show(seq);
  element?.classList.add("here");
  return element;
}

async function goHash() {
  const found = /^#L(\d{1,9})$/.exec(location.hash);
  if (!found) return;
  const seq = Number(found[1]);
  paint();
  follow(false);
  await oldest(seq);
  if (go(seq)) panel.scrollIntoView({ block: "nearest" });
  else if (lines.length && seq < lines[0].seq) location.assign(`${panel.dataset.page}?from=${seq}#L${seq}`);
}

view.addEventListener("click", (event) => {
  const number = event.target.closest("a.seq");
  if (!number) return;
  event.preventDefault();
  const seq = Number(number.textContent);
  history.replaceState(null, "", `#L${seq}`);
  follow(false);
  view.querySelector(".line.here")?.classList.remove("here");
  look.here = seq;
  number.parentElement.classList.add("here");
  say(word("log-address", { line: seq }));
});
addEventListener("hashchange", goHash);

/* --- follow, pause, wrap, times, filters ----------------------------------------------------------------- */
const pressed = (name, on) => part(name).setAttribute("aria-pressed", String(on));

function follow(on) {
  following = on;
  pressed("follow", on);
  if (on) page.toEnd();
}

function pauseShow() {
  part("pause").textContent = word(paused ? (waiting.length ? "log-go-on-new" : "log-go-on") : "log-pause", { n: waiting.length });
}

function pause(on) {
  paused = on;
  pressed("pause", on);
  pauseShow();
  if (!on) paint();
}

function wrap(on) {
  choices.wrap = on;
  choicesKeep(choices);
  view.classList.toggle("wrap", on);
  pressed("wrap", on);
  page.redraw();
  if (following) page.toEnd();
  else if (look.here) page.show(look.here);
}

function timesSet(kind) {
  times.value = look.times = choices.times = kind;
  choicesKeep(choices);
  page.redraw();
}

function only(on) {
  wanted.only = on;
  pressed("only", on);
  showAll();
}

part("follow").addEventListener("click", () => follow(!following));
part("pause").addEventListener("click", () => pause(!paused));
part("wrap").addEventListener("click", () => wrap(!choices.wrap));
part("only").addEventListener("click", () => only(!wanted.only));
part("next").addEventListener("click", () => step(1));
part("previous").addEventListener("click", () => step(-1));
times.addEventListener("change", () => timesSet(times.value));
for (const [element, name] of [[level, "level"], [operation, "operation"]]) {
  element.addEventListener("change", () => {
    wanted[name] = element.value;
    showAll();
    if (element.value) oldest();
  });
}
let typed = 0;
search.addEventListener("input", () => {
  clearTimeout(typed);
  typed = setTimeout(searched, 120);
});
search.form.addEventListener("submit", (event) => {
  event.preventDefault();
  step(1);
});
search.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && event.shiftKey) {
    event.preventDefault();
    step(-1);
  } else if (event.key === "Escape" && search.value) {
    search.value = "";
    searched();
  }
});
/* Whoever scrolls up stays there; whoever scrolls down to the end follows again. */
const atEnd = () => view.scrollHeight - view.scrollTop - view.clientHeight < 8;
view.addEventListener("wheel", (event) => (event.deltaY < 0 ? follow(false) : atEnd() && follow(true)), { passive: true });
view.addEventListener("touchmove", () => follow(atEnd()), { passive: true });
view.addEventListener("mousedown", (event) => event.offsetX >= view.clientWidth && follow(false));
view.addEventListener("keydown", (event) => {
  if (["ArrowUp", "PageUp", "Home"].includes(event.key)) follow(false);
  else if (event.key === "End") follow(true);
});
view.addEventListener("scroll", () => {
  if (view.scrollTop < 400) older();
});
new ResizeObserver(() => following && page.toEnd()).observe(view);
page.afterFill = () => following && page.toEnd();

/* --- keys: single letters, which can be switched off ------------------------------------------------------ */
const keys = {
  f: () => follow(!following),
  p: () => pause(!paused),
  w: () => wrap(!choices.wrap),
  t: () => timesSet({ clock: "since", since: "off", off: "clock" }[choices.times]),
  s: () => search.focus(),
  n: () => step(1),
  N: () => step(-1),
  o: () => only(!wanted.only),
  g: async () => {
    follow(false);
    await oldest();
    if (lines.length) go(lines[0].seq);
  },
  G: () => follow(true),
  "?": () => document.getElementById("log-keys").showModal(),
};
const keysOn = document.querySelector("[data-keys-on]");
keysOn.checked = choices.keys;
keysOn.addEventListener("change", () => {
  choices.keys = keysOn.checked;
  choicesKeep(choices);
});
document.addEventListener("keydown", (event) => {
  if (!choices.keys || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]") || document.querySelector("dialog[open]")) return;
  const act = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
  if (!act) return;
  event.preventDefault();
  act();
});

/* --- the stream --------------------------------------------------------------------------------------- */
let newest = ""; // the last change the stream told

function renew() {
  const live = document.getElementById("job-live");
  if (live && newest && live.dataset.seen !== newest) htmx.trigger(live, "job-changed");
}

/* What was told while an answer was on its way is asked for again once the answer stands. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "job-live" || event.detail.elt?.id === "job-live") renew();
});

const STATES = {
  live: "live",
  back: "live",
  cut: "cut",
  lost: "cut",
  end: "end",
  refused: "cut",
};
let stated = "";

function stateShow(state, sentence = "") {
  const text = word(`log-is-${state === "back" ? "live" : state}`);
  const status = part("status");
  if (status.textContent !== text) status.textContent = text;
  status.dataset.kind = STATES[state];
  if (state === "back") say(word("log-back"));
  else if (state === "cut" && stated !== "cut") say(word("log-cut"));
  else if (sentence) say(sentence);
  stated = state;
}

let figuresDue = 0;

function figuresTell(fresh) {
  if (figuresDue || !fresh.some((line) => line.text.startsWith('{"metrics"'))) return;
  figuresDue = setTimeout(() => {
    figuresDue = 0;
    document.body.dispatchEvent(new CustomEvent("figures-came"));
  }, 5000);
}

let began = false;
const stream = new Stream(panel.dataset.stream, {
  lines: (fresh) => {
    if (!lines.length && !waiting.length) whole = fresh[0].seq === 1;
    waiting.push(...fresh);
    if (began) figuresTell(fresh);
    plan();
    if (!began) setTimeout(goHash, 0);
    began = true;
  },
  changed: (seen) => {
    newest = seen;
    renew();
  },
  skipped: () => {},
  state: stateShow,
});

for (const element of panel.querySelectorAll(".log-script")) element.hidden = false;
times.value = choices.times;
view.classList.toggle("wrap", choices.wrap);
pressed("wrap", choices.wrap);
stateShow("live");
part("status").textContent = word("log-connecting");
part("status").dataset.kind = "";
stream.open();
