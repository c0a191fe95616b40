"""A definition as people write it: JSON or YAML, what is wrong with it and on which line."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from django.utils.translation import gettext as _
from nosana.spec import DefinitionInvalid, definition_lines, definition_read, line_of

from apps.jobs.definitions import definition_offences

KEY_ORDER = ("version", "type", "id", "meta", "global", "image", "cmd", "ops", "args", "execution", "results")
FORMATS = {"json": "JSON", "yaml": "YAML"}
LINE_NAMED = re.compile(r"\bline (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Mark:
    """One thing to mend: the line it stands on (None where no line can be named), its path, a sentence."""

    line: int | None
    path: str
    sentence: str

    def __str__(self) -> str:
        said = f"{self.path}: {self.sentence}" if self.path else self.sentence
        if self.line is None or LINE_NAMED.search(said):
            return said
        return _("Line %(line)d, %(said)s") % {"line": self.line, "said": said}


def definition_marks(text: str, *, public: bool = False) -> tuple[dict[str, Any], list[Mark]]:
    """Return the definition that a text in JSON or YAML stands for, and what is wrong with it, top line first."""
    try:
        value = definition_read(text)
    except DefinitionInvalid as refusal:
        return {}, [Mark(_named(one.sentence), one.path, one.sentence) for one in refusal.problems]
    offences = list(definition_offences(value, public=public))
    marks = marks_at(text, offences) if offences else []
    return value if isinstance(value, dict) else {}, marks


def marks_at(text: str, offences: Sequence[tuple[str, str]]) -> list[Mark]:
    """Return (path, sentence) pairs with the lines on which they stand in the text, top line first."""
    lines = definition_lines(text)
    marks = [Mark(line_of(lines, path), path, sentence) for path, sentence in offences]
    return sorted(marks, key=lambda mark: mark.line or 0)


def _named(sentence: str) -> int | None:
    found = LINE_NAMED.search(sentence)
    return int(found[1]) if found else None


def format_of(text: str) -> str:
    """Return whether a text is meant as "json" or "yaml"."""
    return "json" if text.lstrip()[:1] in ("{", "[", "") else "yaml"


def definition_text(definition: Any, form: str = "json") -> str:
    """Return a definition as people write it: what it is first, what it runs after; the database forgets the order."""
    ordered = in_order(definition)
    if form == "yaml":
        return yaml.dump(ordered, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    return json.dumps(ordered, indent=2, ensure_ascii=False)


class _Dumper(yaml.SafeDumper):
    """YAML without anchors, with texts of several lines as blocks."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    block = "\n" in text and not any(line.endswith(" ") for line in text.splitlines())
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if block else None)


_Dumper.add_representer(str, _text)


def in_order(value: Any) -> Any:
    """Return the value with its maps' keys in the order in which people write them."""
    if isinstance(value, list):
        return [in_order(one) for one in value]
    if not isinstance(value, dict):
        return value
    known = [key for key in KEY_ORDER if key in value]
    return {key: in_order(value[key]) for key in [*known, *(key for key in value if key not in KEY_ORDER)]}
