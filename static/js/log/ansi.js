/* What terminals mean by their escapes: colours become class names, everything else that is no text is left out.
   Nothing here makes markup: a line is cut into pieces of text, each with class names of our own. */

const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;
const ESCAPES =
  /(?:\u001b\[|\u009b)([0-?]*)[ -/]*([@-~])|\u001b[\]PX^_][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[ -/]*[0-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g;
const NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const CUBE = [
  [0, 0, 0], [205, 49, 49], [13, 188, 121], [229, 229, 16], [36, 114, 200], [188, 63, 188], [17, 168, 205], [229, 229, 229],
];

/* Of a line that a progress bar wrote over and over, what stands at its end. */
function overwritten(text) {
  if (!text.includes("\r")) return text;
  const parts = text.replace(/\r+$/, "").split("\r");
  return parts[parts.length - 1];
}

export function plainOf(text) {
  return CONTROL.test(text) ? overwritten(text).replace(ESCAPES, "") : text;
}

function nearest(red, green, blue) {
  let best = 0;
  let least = Infinity;
  CUBE.forEach(([r, g, b], index) => {
    const far = (r - red) ** 2 + (g - green) ** 2 + (b - blue) ** 2;
    if (far < least) [best, least] = [index, far];
  });
  return NAMES[best];
}

/* One of the 256 colours, by the eight we have. */
function indexed(number) {
  if (!(number >= 0 && number <= 255)) return "";
  if (number < 16) return NAMES[number % 8];
  if (number >= 232) return number < 244 ? "black" : "white";
  const level = (value) => (value ? 55 + value * 40 : 0);
  const n = number - 16;
  return nearest(level(Math.floor(n / 36)), level(Math.floor(n / 6) % 6), level(n % 6));
}

function extended(codes, at) {
  if (codes[at + 1] === 5) return [indexed(codes[at + 2]), at + 2];
  if (codes[at + 1] === 2) return [nearest(codes[at + 2] || 0, codes[at + 3] || 0, codes[at + 4] || 0), at + 4];
  return ["", at];
}

function style(pen, code) {
  if (code === 0) Object.assign(pen, { ink: "", back: "", bold: false, dim: false, italic: false, line: false });
  else if (code === 1) pen.bold = true;
  else if (code === 2) pen.dim = true;
  else if (code === 3) pen.italic = true;
  else if (code === 4) pen.line = true;
  else if (code === 22) pen.bold = pen.dim = false;
  else if (code === 23) pen.italic = false;
  else if (code === 24) pen.line = false;
  else if (code === 39) pen.ink = "";
  else if (code === 49) pen.back = "";
  else if ((code >= 30 && code <= 37) || (code >= 90 && code <= 97)) pen.ink = NAMES[code % 10];
  else if ((code >= 40 && code <= 47) || (code >= 100 && code <= 107)) pen.back = NAMES[code % 10];
}

function apply(pen, told) {
  const codes = (told || "0").split(/[;:]/).map(Number);
  for (let at = 0; at < codes.length; at += 1) {
    if (codes[at] === 38) [pen.ink, at] = extended(codes, at);
    else if (codes[at] === 48) [pen.back, at] = extended(codes, at);
    else style(pen, codes[at]);
  }
}

function classes(pen) {
  const found = [];
  if (pen.ink) found.push(`ansi-${pen.ink}`);
  if (pen.back) found.push(`ansi-on-${pen.back}`);
  for (const name of ["bold", "dim", "italic", "line"]) if (pen[name]) found.push(`ansi-${name}`);
  return found.join(" ");
}

/* Cut a line into [text, class names]. */
export function piecesOf(text) {
  if (!CONTROL.test(text)) return [[text, ""]];
  const pieces = [];
  const pen = {};
  const whole = overwritten(text);
  let at = 0;
  for (const match of whole.matchAll(ESCAPES)) {
    if (match.index > at) pieces.push([whole.slice(at, match.index), classes(pen)]);
    at = match.index + match[0].length;
    if (match[2] === "m") apply(pen, match[1]);
  }
  if (at < whole.length) pieces.push([whole.slice(at), classes(pen)]);
  return pieces;
}
