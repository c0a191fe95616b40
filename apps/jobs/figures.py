"""Figures of a running job (CPU, memory, GPU, video memory, network) that it wrote into its own log.

The network's nodes report none of these. A job that wants them drawn writes, as often as it likes, a line that is a
JSON object with the key `metrics` and any of the names below, each a number:
{"metrics": {"gpu_percent": 87, "vram_mb": 10240}}
"""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from apps.jobs.models import Job, LogLine

LINES_READ = 50_000  # of the newest ones
POINTS_MOST = 240  # of a chart
VALUE_MOST = 10**15  # beyond which a number is no figure

FIGURES: dict[str, tuple[str | Promise, str]] = {
    "cpu_percent": (_("CPU"), "%"),
    "memory_mb": (_("Memory"), "MB"),
    "gpu_percent": (_("GPU"), "%"),
    "vram_mb": (_("Video memory"), "MB"),
    "network_in_kbps": (_("Network in"), "kB/s"),
    "network_out_kbps": (_("Network out"), "kB/s"),
}


@dataclass(frozen=True)
class Series:
    """One figure over time, oldest first."""

    name: str
    title: str | Promise
    unit: str
    points: list[tuple[datetime, float]]

    @property
    def last(self) -> float:
        """The newest value."""
        return self.points[-1][1]

    @property
    def highest(self) -> float:
        """The highest value."""
        return max(value for _at, value in self.points)


def figures_of(job: Job, last_seq: int) -> list[Series]:
    """Return what the job told of itself in its newest lines, up to `last_seq`: one query."""
    lines = LogLine.objects.filter(job=job, seq__gt=max(last_seq - LINES_READ, 0), text__startswith='{"metrics"')
    return series_read(lines.order_by("seq").values_list("at", "text"))


def series_read(lines: Iterable[tuple[datetime, str]]) -> list[Series]:
    """Return the series in the lines, thinned out evenly where they are long; what is no figure is passed over."""
    found: dict[str, list[tuple[datetime, float]]] = {}
    for at, text in lines:
        try:
            told = json.loads(text)["metrics"]
        except (ValueError, KeyError, TypeError, RecursionError):
            continue
        for name in FIGURES if isinstance(told, dict) else ():
            value = told.get(name)
            if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < VALUE_MOST:
                found.setdefault(name, []).append((at, float(value)))
    return [Series(name, *FIGURES[name], _thinned(found[name])) for name in FIGURES if name in found]


def _thinned(points: list[tuple[datetime, float]]) -> list[tuple[datetime, float]]:
    step = math.ceil(len(points) / POINTS_MOST)
    return points if step <= 1 else [*points[:-1:step], points[-1]]
