"""A notice in words: its title, its sentence, and the page it is about, in the reader's language."""

from collections.abc import Mapping
from typing import Any

from django.urls import NoReverseMatch, reverse

from apps.core.money import credits_text, fiat_text
from apps.core.retelling import retold
from apps.notifications.models import Event
from apps.notifications.types import NoticeKind, notice_kinds

KEPT = {
    "sentence",
    "reason",
    "kind",
    "outcome",
    "role",
    "worst_case",
    "note",
    "by",
}  # what apps keep in words of ours


class _Values(dict[str, str]):
    def __missing__(self, name: str) -> str:
        return ""


def notice_words(event: Event) -> tuple[str, str]:
    """Return title and sentence of a notice. Raises KeyError for an event that is none."""
    kind, values = notice_kinds()[event.type], _values(event.data)
    return str(kind.title).format_map(values), str(kind.text).format_map(values)


def _values(data: Mapping[str, Any]) -> _Values:
    values = _Values({name: "" if value is None else str(value) for name, value in data.items()})
    values.update({name: retold(values[name]) for name in KEPT & values.keys()})
    for name, value in data.items():
        if isinstance(value, int) and name.endswith("_micro"):
            values[name.removesuffix("_micro")] = credits_text(value)
        if isinstance(value, int) and name.endswith("_minor"):
            values[name.removesuffix("_minor")] = fiat_text(value, str(data.get("currency", "EUR")))
    return values


def notice_path(event: Event, slug: str) -> str:
    """Return the page that a notice is about, else the list of notices."""
    kind: NoticeKind | None = notice_kinds().get(event.type)
    if kind is not None:
        route, *names = kind.page
        try:
            return reverse(route, args=[slug, *(event.data.get(name) or "" for name in names)])
        except NoReverseMatch:
            pass
    return reverse("notifications:notices", args=[slug])
