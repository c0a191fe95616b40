/* The lines a page has: in order, each once, whatever the connection did; what they fit, and how one is drawn. */

import { piecesOf, plainOf } from "./ansi.js";

export const MOST = 100_000; // lines a page keeps; the paged log has them all

/* The same rule as apps/jobs/levels.py. */
const ERROR = /\b(error|errors|fatal|critical|exception|traceback|panic|failed)\b/i;
const WARNING = /\b(warn|warning|warnings|deprecated)\b/i;

function levelOf(line) {
  if (line.stream === "error" || line.stream === "nodeerr" || ERROR.test(line.plain)) return "error";
  return WARNING.test(line.plain) ? "warning" : "";
}

export function lineRead(data) {
  const line = JSON.parse(data);
  line.plain = plainOf(line.text);
  if (line.plain === line.text) line.text = line.plain; // one string, not two
  return line;
}

/* In small letters, made when it is first searched for. */
export function smallOf(line) {
  line.small ??= line.plain.toLowerCase();
  return line.small;
}

export function fits(line, wanted) {
  if (wanted.operation && line.op !== wanted.operation) return false;
  if (wanted.level) {
    line.level ??= levelOf(line);
    if (line.level !== "error" && line.level !== wanted.level) return false;
  }
  return !(wanted.only && wanted.words) || smallOf(line).includes(wanted.words);
}

/* How times are told in that zone: "14:05:09". */
export function clockOf(timeZone) {
  return new Intl.DateTimeFormat("en-GB", { timeStyle: "medium", timeZone });
}

function timeText(line, { times, began, clock }) {
  if (times === "clock") return clock.format(Date.parse(line.at));
  const seconds = Math.max((Date.parse(line.at) - began) / 1000, 0);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `+${String(minutes).padStart(2, "0")}:${(seconds % 60).toFixed(1).padStart(4, "0")}`
    : `+${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

/* Put the pieces into the element, with <mark> around each place where the words stand. */
function textInto(element, line, words) {
  const places = [];
  if (words) {
    for (let at = smallOf(line).indexOf(words); at >= 0; at = smallOf(line).indexOf(words, at + words.length)) places.push(at);
  }
  let at = 0;
  const put = (text, names, marked) => {
    if (!text) return;
    if (!names && !marked) return element.append(text);
    const piece = document.createElement(marked ? "mark" : "span");
    if (names) piece.className = names;
    piece.textContent = text;
    element.append(piece);
  };
  for (const [text, names] of piecesOf(line.text)) {
    let from = 0;
    for (const place of places) {
      const begins = Math.max(place - at, from);
      const ends = Math.min(place + words.length - at, text.length);
      if (ends <= from || begins >= text.length) continue;
      put(text.slice(from, begins), names, false);
      put(text.slice(begins, ends), names, true);
      from = ends;
    }
    put(text.slice(from), names, false);
    at += text.length;
  }
}

export function lineElement(line, look) {
  const element = document.createElement("div");
  element.className = `line ${/^[a-z]+$/.test(line.stream) ? line.stream : ""}`;
  element.id = `L${line.seq}`;
  element.classList.toggle("here", line.seq === look.here);
  const number = document.createElement("a");
  number.className = "seq";
  number.href = `#L${line.seq}`;
  number.textContent = line.seq;
  number.tabIndex = -1;
  element.append(number);
  if (look.times !== "off") {
    const time = document.createElement("time");
    time.dateTime = line.at;
    time.textContent = timeText(line, look);
    element.append(time);
  }
  const text = document.createElement("span");
  text.className = "text";
  textInto(text, line, look.words);
  element.append(text);
  return element;
}
