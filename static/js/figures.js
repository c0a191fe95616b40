/* Draws each table of figures as a line above it. Without this script, or without the library, the tables say it all. */

function colours(element) {
  const style = getComputedStyle(element);
  const value = (name) => {
    const probe = document.createElement("span");
    probe.style.color = `var(${name})`;
    element.append(probe);
    const found = getComputedStyle(probe).color;
    probe.remove();
    return found;
  };
  return { line: value("--accent"), grid: value("--line"), text: value("--muted"), font: style.fontFamily };
}

export function chartsDraw(root) {
  for (const figure of root.querySelectorAll("[data-figure]:not([data-drawn])")) {
    figure.dataset.drawn = "yes";
    const rows = [...figure.querySelectorAll("tr[data-value]")];
    const canvas = figure.querySelector("canvas");
    const { line, grid, text, font } = colours(figure);
    const axis = { ticks: { color: text, font: { family: font, size: 11 }, maxTicksLimit: 4, maxRotation: 0, autoSkipPadding: 24 }, grid: { color: grid } };
    new window.Chart(canvas, {
      type: "line",
      data: {
        labels: rows.map((row) => row.cells[0].textContent.trim()),
        datasets: [{ data: rows.map((row) => Number(row.dataset.value)), borderColor: line, borderWidth: 1.5, pointRadius: 0, tension: 0.2 }],
      },
      options: {
        animation: false,
        maintainAspectRatio: false,
        plugins: { legend: { display: false } },
        scales: { x: { ...axis, grid: { display: false } }, y: { ...axis, beginAtZero: true } },
      },
    });
  }
}

for (const root of document.querySelectorAll("main")) if (window.Chart) chartsDraw(root);
