"""What two versions of a template differ in, line by line."""

import difflib
from dataclasses import dataclass

from apps.jobs.gallery.forms import TemplateForm
from apps.jobs.gallery.recipes import Recipe

LINES_LIMIT = 2_000
FIELDS = ("title", "summary", "description", "tags", "gpu", "vram_gb", "minutes", "variables", "definition")
SIGNS = {"+": "added", "-": "removed", " ": "same"}


@dataclass(frozen=True)
class DiffLine:
    """A line of a diff: "added", "removed", "same", or "gap" where equal lines are left out."""

    kind: str
    text: str


def recipe_diff(old: Recipe, new: Recipe) -> list[tuple[str, list[DiffLine]]]:
    """Return, for each field in which the recipes differ, its name and the lines of its diff."""
    before, after = TemplateForm.of(old), TemplateForm.of(new)
    found = []
    for name in FIELDS:
        lines = _lines(str(before[name]), str(after[name]))
        if lines:
            found.append((str(TemplateForm.base_fields[name].label), lines[:LINES_LIMIT]))
    return found


def _lines(old: str, new: str) -> list[DiffLine]:
    if old == new:
        return []
    raw = list(difflib.unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=3))[2:]
    if raw[0].startswith("@@ -1"):
        raw = raw[1:]  # nothing is left out before the first line
    return [
        DiffLine("gap", "…") if line.startswith("@@") else DiffLine(SIGNS.get(line[:1], "same"), line[1:])
        for line in raw
    ]
