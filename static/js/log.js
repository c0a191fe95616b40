/* The live log: follows the stream, keeps the newest lines, searches while it runs, says when it is cut off. */

import { say } from "./ui.js";

const KEPT = 5000; // lines the page holds; the download has them all
const TAIL = 2000; // lines asked for at first

const panel = document.querySelector("[data-stream]");
const view = panel.querySelector("[data-log-view]");
const status = panel.querySelector("[data-log-status]");
const hits = panel.querySelector("[data-log-hits]");
const search = panel.querySelector("#log-search");
const followButton = panel.querySelector("[data-log-follow]");
const wrapButton = panel.querySelector("[data-log-wrap]");

let waiting = [];
let scheduled = false;
let following = true;
let wanted = "";
let matched = 0;
let last = 0;

/* --- one line ---------------------------------------------------------------------------------------- */
const ESCAPES = /\u001b\[([0-9;]*)([A-Za-z])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[\u0000-\u0008\u000b-\u001f]/g;
const COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

function textInto(element, text) {
  let at = 0;
  let colour = "";
  let bold = false;
  const put = (part) => {
    if (!part) return;
    if (!colour && !bold) return element.append(part);
    const span = document.createElement("span");
    span.className = `${colour && `ansi-${colour}`} ${bold ? "ansi-bold" : ""}`.trim();
    span.textContent = part;
    element.append(span);
  };
  for (const match of text.matchAll(ESCAPES)) {
    put(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== "m") continue;
    for (const code of (match[1] || "0").split(";").map(Number)) {
      if (code === 0) [colour, bold] = ["", false];
      else if (code === 1) bold = true;
      else if (code === 39) colour = "";
      else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) colour = COLOURS[code % 10];
    }
  }
  put(text.slice(at));
}

function lineElement(line) {
  const element = document.createElement("div");
  element.className = `line ${line.stream}`;
  element.id = `line-${line.seq}`;
  const time = document.createElement("time");
  time.dateTime = line.at;
  time.textContent = line.at.slice(11, 19);
  const text = document.createElement("span");
  text.className = "text";
  textInto(text, line.text);
  element.append(time, text);
  element.dataset.plain = text.textContent.toLowerCase();
  mark(element);
  return element;
}

/* --- search ------------------------------------------------------------------------------------------ */
function mark(element) {
  const fits = !wanted || element.dataset.plain.includes(wanted);
  element.hidden = !fits;
  if (wanted && fits) matched += 1;
}

function showHits() {
  hits.textContent = wanted ? `${matched} line${matched === 1 ? "" : "s"}` : "";
}

search.addEventListener("input", () => {
  wanted = search.value.trim().toLowerCase();
  matched = 0;
  for (const element of view.querySelectorAll(".line")) mark(element);
  showHits();
  if (following) view.scrollTop = view.scrollHeight;
});

/* --- follow, wrap ------------------------------------------------------------------------------------- */
function follow(on) {
  following = on;
  followButton.setAttribute("aria-pressed", String(on));
  if (on) view.scrollTop = view.scrollHeight;
}

followButton.addEventListener("click", () => follow(!following));
wrapButton.addEventListener("click", () => {
  const on = view.classList.toggle("wrap");
  wrapButton.setAttribute("aria-pressed", String(on));
});
view.addEventListener("wheel", (event) => event.deltaY < 0 && follow(false), { passive: true });
view.addEventListener("touchmove", () => follow(false), { passive: true });
view.addEventListener("keydown", (event) => ["ArrowUp", "PageUp", "Home"].includes(event.key) && follow(false));
view.addEventListener("scroll", () => {
  if (view.scrollHeight - view.scrollTop - view.clientHeight < 8 && !following) follow(true);
});

/* --- the stream --------------------------------------------------------------------------------------- */
function paint() {
  scheduled = false;
  if (!waiting.length) return;
  panel.querySelector("[data-log-empty]")?.remove();
  const fragment = document.createDocumentFragment();
  for (const line of waiting.slice(-KEPT)) fragment.append(lineElement(line));
  waiting = [];
  view.append(fragment);
  const lines = view.querySelectorAll(".line");
  for (let i = 0; i < lines.length - KEPT; i += 1) lines[i].remove();
  if (lines.length > KEPT) leftOut();
  showHits();
  if (following) view.scrollTop = view.scrollHeight;
}

function leftOut() {
  if (view.querySelector(".log-left-out")) return;
  const note = document.createElement("p");
  note.className = "log-left-out";
  note.textContent = "Older lines are not shown here; the download has them all.";
  view.prepend(note);
}

function add(event) {
  for (const data of event.data.split("\n")) {
    const line = JSON.parse(data);
    if (line.seq <= last) continue; // a line that was sent before the connection broke
    last = line.seq;
    waiting.push(line);
  }
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(paint);
    setTimeout(() => scheduled && paint(), 250); // frames rest while the page is hidden
  }
}

let newest = ""; // the last change the stream told

function renew() {
  const live = document.getElementById("job-live");
  if (live && newest && live.dataset.seen !== newest) htmx.trigger(live, "job-changed");
}

function changed(event) {
  newest = JSON.parse(event.data).seen;
  renew();
}

/* What was told while an answer was on its way is asked for again once the answer stands. */
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id === "job-live" || event.detail.elt?.id === "job-live") renew();
});

function show(word, kind) {
  status.textContent = word;
  status.dataset.kind = kind;
}

function open() {
  const source = new EventSource(`${panel.dataset.stream}?tail=${TAIL}`);
  let cut = false;
  source.addEventListener("open", () => {
    show("live", "live");
    if (cut) say("The log is live again.");
    cut = false;
  });
  source.addEventListener("log", add);
  source.addEventListener("state", changed);
  source.addEventListener("skipped", leftOut);
  source.addEventListener("end", () => {
    source.close();
    show("complete", "end");
  });
  source.addEventListener("refused", (event) => {
    source.close();
    show("ended: you may no longer follow this job", "cut");
    say(JSON.parse(event.data).detail);
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) {
      show("cut off; load the page again", "cut");
      return;
    }
    if (!cut) say("The connection was lost; the log continues when it is back.");
    cut = true;
    show("reconnecting…", "cut");
  });
  addEventListener("pagehide", () => source.close());
  addEventListener("pageshow", (event) => event.persisted && location.reload());
}

open();
