/* The bell: how many notices are unread, as they come. A hidden tab follows nothing: browsers allow few open streams. */
import { say } from "./ui.js";

const bell = document.getElementById("bell");
let source = null;

function rest() {
  source?.close();
  source = null;
}

function follow() {
  if (!bell || source || document.hidden) return;
  source = new EventSource(bell.dataset.live);
  source.addEventListener("bell", (event) => {
    const { html, said } = JSON.parse(event.data);
    const parsed = document.createElement("template");
    parsed.innerHTML = html;
    bell.replaceChildren(parsed.content);
    const dot = document.getElementById("bell-dot");
    if (dot) dot.hidden = !("stays" in dot.dataset) && !bell.querySelector(".count");
    if (said) say(said);
  });
  source.addEventListener("refused", rest);
}

document.addEventListener("visibilitychange", () => (document.hidden ? rest() : follow()));
window.addEventListener("pagehide", rest);
window.addEventListener("pageshow", follow);
follow();
