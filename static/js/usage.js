/* Draws the table of usage as a chart above it. Without this script, or without the library, the table says it all. */

import { language, word } from "./words.js";

const MICRO = 1_000_000;
const MOST_BARS = 20;
const shown = new Intl.NumberFormat(language, { maximumFractionDigits: 6 });

function rowsOf(table) {
  return [...table.querySelectorAll("tr[data-micro]")].map((row) => ({
    name: row.cells[0].textContent.trim(),
    credits: Number(row.dataset.micro) / MICRO,
  }));
}

/* Colours come from the page, so that a change of theme is followed. */
function colours(canvas) {
  const style = getComputedStyle(canvas);
  const body = getComputedStyle(document.body);
  return { bar: style.color, text: body.color, line: style.borderTopColor, font: body.fontFamily };
}

function draw(canvas, table) {
  const byDay = canvas.dataset.by === "day";
  const rows = byDay ? rowsOf(table) : rowsOf(table).slice(0, MOST_BARS);
  const { bar, text, line, font } = colours(canvas);
  const credits = {
    title: { display: true, text: word("credits"), color: text },
    ticks: { color: text },
    grid: { color: line },
    beginAtZero: true,
  };
  const names = { ticks: { color: text, autoSkip: byDay }, grid: { display: false } };
  Chart.defaults.font.family = font;
  canvas.parentElement.hidden = false;
  canvas.parentElement.style.height = byDay ? "16rem" : `${6 + rows.length * 1.75}rem`;
  return new Chart(canvas, {
    type: "bar",
    data: {
      labels: rows.map((row) => row.name),
      datasets: [{ data: rows.map((row) => row.credits), backgroundColor: bar, maxBarThickness: 28, borderRadius: 3 }],
    },
    options: {
      indexAxis: byDay ? "x" : "y",
      maintainAspectRatio: false,
      animation: false,
      scales: byDay ? { x: names, y: credits } : { x: credits, y: names },
      plugins: {
        legend: { display: false },
        tooltip: { callbacks: { label: (item) => `${shown.format(item.raw)} ${word("credits-unit")}` } },
      },
    },
  });
}

const canvas = document.querySelector("canvas[data-usage]");
const table = document.querySelector("table.usage");
if (canvas && table && window.Chart) {
  let chart = draw(canvas, table);
  const again = () => {
    chart.destroy();
    chart = draw(canvas, table);
  };
  new MutationObserver(again).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", again);
}
