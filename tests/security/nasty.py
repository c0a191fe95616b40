"""What attackers write into fields, and how to put it everywhere."""

from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from django.apps import apps
from django.db import DatabaseError, models, transaction

MARK = "x55x"
SCRIPT = f"<script>{MARK}()</script>"
ATTRIBUTE = f"\" onfocus={MARK}() autofocus x=\"' onload='{MARK}()"
FORMULA = f"=cmd|'/c {MARK}'!A1"
TEXTS = (
    "\x00",
    "a\x00b",
    "🦄" * 50,
    "\u202e\u0000\ufeff",
    "x" * 70_000,
    "'; DROP TABLE users_user; --",
    SCRIPT,
    "{{7*7}}{% load x %}",
    "%s%n%(x)s",
    "../../etc/passwd",
    "\r\nBcc: eve@evil.example",
    "-999999999999999999999999",
    "NaN",
    "1e400",
)
VALUES: tuple[Any, ...] = (*TEXTS, "\ud800", None, True, -(2**70), 1.5, [], {}, [["\x00"]], {"\x00": "\ud800"})
# Words that people write and others read; what is in other columns has a shape of its own, which the services keep.
WRITTEN = frozenset(
    {
        *(
            "name",
            "title",
            "label",
            "text",
            "reason",
            "note",
            "description",
            "message",
            "refusal",
            "failure",
            "words",
        ),
        *(
            "agent",
            "worst_case",
            "company",
            "address",
            "street",
            "line",
            "outcome",
            "error",
            "summary",
            "gpu",
            "value",
        ),
        *(
            "parked_reason",
            "held_reason",
            "off_reason",
            "vat_note",
            "reference",
            "given_reason",
            "comment",
            "answer",
        ),
    }
)


class Forms(HTMLParser):
    """Collects the forms of a page: their addresses, and their fields with what stands in them."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[dict[str, Any]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(
                {"action": given.get("action", ""), "method": given.get("method", "get"), "fields": {}}
            )
        elif tag in ("input", "textarea", "select") and self.forms and given.get("name"):
            kind = given.get("type", tag)
            self.forms[-1]["fields"][given["name"]] = (kind, given.get("value", ""))


def posts_of(page: str) -> Iterator[dict[str, Any]]:
    """Yield the forms of a page that are sent by POST."""
    parser = Forms()
    parser.feed(page)
    return (form for form in parser.forms if form["method"].lower() == "post")


def poison(text: str) -> int:
    """Write the text into every column of words of every table of ours, as far as the database takes it; count them."""
    count = 0
    for model in apps.get_models():
        if not model.__module__.startswith("apps."):
            continue
        for field in model._meta.fields:
            wide = isinstance(field, models.TextField) or (field.max_length or 0) >= len(text)
            if field.name in WRITTEN and isinstance(field, models.CharField | models.TextField) and wide:
                if field.choices or field.unique:
                    continue
                try:
                    with transaction.atomic():
                        count += model._default_manager.update(**{field.name: text})
                except DatabaseError:  # a trigger or a constraint keeps it
                    continue
    return count
