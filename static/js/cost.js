/* Counts the cost of running jobs on, once a second, by the same sum the platform settles with. */

const MICRO = 1_000_000;
const shown = new Intl.NumberFormat("en-GB", { minimumFractionDigits: 6, maximumFractionDigits: 6 });
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

function tick() {
  for (const element of document.querySelectorAll("[data-tick]")) {
    const seconds = secondsOf(element);
    element.textContent = shown.format(costMicro(element, seconds) / MICRO);
    const bar = element.closest(".card")?.querySelector("[data-tick-time]");
    if (bar) bar.value = seconds;
  }
}

setInterval(tick, 1000);
