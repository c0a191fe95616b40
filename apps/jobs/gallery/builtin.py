"""The gallery that ships with the platform: one file per template in data/, read once per process and language."""

import json
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from apps.core.languages import locale_now
from apps.jobs.gallery.recipes import Recipe

LINE_END = re.compile(
    r"(?<!\n)\n(?!\n)"
)  # inside a paragraph: the files are wrapped, the pages wrap by themselves
DATA = Path(__file__).parent / "data"  # and a folder for each language besides English, with the words alone
SOURCE = "en"


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


def starters() -> list[Starter]:
    """Return the templates that ship with the platform, in their order, in the language spoken now."""
    return _starters(locale_now().split("_")[0])


@cache
def _starters(language: str) -> list[Starter]:
    found = []
    for path in sorted(DATA.glob("*.yaml")):
        facts = yaml.safe_load(path.read_text())
        slug = path.stem.split("-", 1)[1]  # the number before it is its place in the gallery
        if language != SOURCE:
            _translate(facts, DATA / language / path.name)
        facts["description"] = LINE_END.sub(" ", facts["description"].strip())
        found.append(Starter(slug, facts.pop("number"), Recipe.read(facts)))
    return found


def _translate(facts: dict[str, Any], path: Path) -> None:
    """Put the words of another language in the places of the English ones, where there are any."""
    if path.exists():
        words = yaml.safe_load(path.read_text())
        named = words.pop("variables", {})
        facts.update(words)
        for variable in facts.get("variables", ()):
            variable.update(named.get(variable["name"], {}))


@cache
def _by_slug(language: str) -> dict[str, Starter]:
    return {one.slug: one for one in _starters(language)}


def starter_get(slug: str) -> Starter | None:
    """Return the template of that name, if the platform has one."""
    return _by_slug(locale_now().split("_")[0]).get(slug)
