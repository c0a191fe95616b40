"""The gallery that ships with the platform: one file per template in data/, read once per process."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from apps.jobs.gallery.recipes import Recipe

LINE_END = re.compile(
    r"(?<!\n)\n(?!\n)"
)  # inside a paragraph: the files are wrapped, the pages wrap by themselves
DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Starter:
    """A template of the platform's own: its address, which version it is, and its recipe."""

    slug: str
    number: int
    recipe: Recipe

    @property
    def definition(self) -> dict[str, Any]:
        """The definition with the defaults of its variables."""
        return self.recipe.standard

    @property
    def text(self) -> str:
        """The definition as the editor shows it."""
        return json.dumps(self.definition, indent=2, ensure_ascii=False)


@cache
def starters() -> list[Starter]:
    """Return the templates that ship with the platform, in their order."""
    found = []
    for path in sorted(DATA.glob("*.yaml")):
        facts = yaml.safe_load(path.read_text())
        slug = path.stem.split("-", 1)[1]  # the number before it is its place in the gallery
        facts["description"] = LINE_END.sub(" ", facts["description"].strip())
        found.append(Starter(slug, facts.pop("number"), Recipe.read(facts)))
    return found


@cache
def _by_slug() -> dict[str, Starter]:
    return {one.slug: one for one in starters()}


def starter_get(slug: str) -> Starter | None:
    """Return the template of that name, if the platform has one."""
    return _by_slug().get(slug)
