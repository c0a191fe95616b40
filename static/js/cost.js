/* Counts the cost of running jobs on, once a second, by the same sum the platform settles with. */

import { language } from "./words.js";

const MICRO = 1_000_000;
const shown = new Intl.NumberFormat(language, { minimumFractionDigits: 6, maximumFractionDigits: 6 });
const firstSeen = new WeakMap();

function secondsOf(element) {
  if (!firstSeen.has(element)) firstSeen.set(element, performance.now());
  const ran = Number(element.dataset.ran) + Math.floor((performance.now() - firstSeen.get(element)) / 1000);
  return Math.min(ran, Number(element.dataset.limit));
}

function costMicro(element, seconds) {
  const network = Number(element.dataset.price) * seconds;
  return network + Number(element.dataset.fixed) + Math.floor((network * Number(element.dataset.bp)) / 10_000);
}

/* What is left of the time limit, as the server writes lengths of time. */
function durationText(seconds) {
  const two = (number) => String(number).padStart(2, "0");
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

function worthText(micro, { worth, currency }) {
  const amount = (micro / MICRO) * (Number(worth) / MICRO);
  const digits = amount < 1 ? { minimumFractionDigits: 2, maximumFractionDigits: 4 } : {};
  return new Intl.NumberFormat(language, { style: "currency", currency, ...digits }).format(amount);
}

/* What stands beside a cost that ticks: its worth in money, and the time left. */
function besides(head, micro, seconds) {
  const worth = head.querySelector("[data-worth]");
  if (worth) worth.textContent = worthText(micro, worth.dataset);
  const left = head.querySelector("[data-left]");
  if (left) left.textContent = durationText(Math.max(Number(left.dataset.left) - seconds, 0));
}

function tick() {
  for (const element of document.querySelectorAll("[data-tick]")) {
    const seconds = secondsOf(element);
    const micro = costMicro(element, seconds);
    element.textContent = shown.format(micro / MICRO);
    const head = element.closest(".job-facts");
    if (head) {
      besides(head, micro, seconds);
      for (const bar of document.querySelectorAll("[data-tick-time]")) bar.value = seconds;
    }
  }
}

setInterval(tick, 1000);
