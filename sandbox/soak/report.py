"""The page that a soak leaves behind: its figures, and what it saw over time as plots drawn in SVG."""

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path

WIDTH, HEIGHT, EDGE = 720, 160, 36
STYLE = (
    "body{font:15px system-ui;max-width:46rem;margin:2rem auto;padding:0 1rem}table{border-collapse:collapse}"
    "td{padding:.2rem 1rem .2rem 0;border-bottom:1px solid #8884}svg{width:100%;height:auto}"
    "h2{font-size:1rem;margin-top:2rem}polyline{fill:none;stroke:#2563eb;stroke-width:2}text{font-size:11px;fill:#777}"
)


def plot(times: Sequence[float], values: Sequence[float], *, unit: str) -> str:
    """Return one line over time as SVG; seconds from left to right, from 0 to the highest value upwards."""
    most, span = max([*values, 1]), max([*times, 1])
    right, high = WIDTH - 2 * EDGE, HEIGHT - 2 * EDGE
    points = " ".join(
        f"{EDGE + at / span * right:.1f},{HEIGHT - EDGE - value / most * high:.1f}"
        for at, value in zip(times, values, strict=True)
    )
    return (
        f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img"><polyline points="{points}"/>'
        f'<text x="4" y="{EDGE}">{most:,.0f} {escape(unit)}</text><text x="4" y="{HEIGHT - EDGE}">0</text>'
        f'<text x="{WIDTH - 3 * EDGE}" y="{HEIGHT - 10}">{span:.0f} s</text></svg>'
    )


def report_write(
    path: Path,
    *,
    facts: Mapping[str, object],
    times: Sequence[float],
    lines: Mapping[str, tuple[str, Sequence[float]]],
) -> None:
    """Write the page: a table of the facts, then a plot for each line (its title: unit and values)."""
    rows = "".join(
        f"<tr><td>{escape(name)}</td><td>{escape(str(value))}</td></tr>" for name, value in facts.items()
    )
    plots = "".join(f"<h2>{escape(title)}</h2>{plot(times, of, unit=unit)}" for title, (unit, of) in lines.items())
    head = f'<meta charset="utf-8"><title>Soak</title><style>{STYLE}</style>'
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"<!doctype html><html lang=en>{head}<h1>Soak</h1><table>{rows}</table>{plots}</html>\n")
