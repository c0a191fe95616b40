"""The shape of a figure, and how figures are shown."""

import json
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One measured value beside its baseline from the same run; both in `unit`."""

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float

    @property
    def ratio(self) -> float:
        """Return value ÷ baseline."""
        return self.value / self.baseline_value if self.baseline_value else 0.0

    def line(self) -> str:
        """Return the figure as one JSON object."""
        return json.dumps(
            {
                "name": self.name,
                "value": round(self.value, 4),
                "unit": self.unit,
                "baseline": self.baseline,
                "baseline_value": round(self.baseline_value, 4),
                "ratio": round(self.ratio, 3),
            }
        )


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a table for people."""
    rows = [("name", "value", "unit", "baseline", "baseline value", "ratio")]
    rows += [
        (f.name, f"{f.value:,.2f}", f.unit, f.baseline, f"{f.baseline_value:,.2f}", f"{f.ratio:,.2f}")
        for f in figures
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    right = {1, 4, 5}
    return "\n".join(
        "  ".join(
            cell.rjust(width) if i in right else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
