"""Long lists by pages: each page says where the next begins, so nothing is skipped or shown twice."""

import base64
import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError
from apps.core.rest.bodies import Body, Moment, Questions

M = TypeVar("M", bound=Model)
R = TypeVar("R")
ORDERS = ("newest", "oldest")
UNASKED = gettext_lazy(
    "This address knows no such question; remove it, or compare its spelling with the reference."
)


class PageQuestion(Body):
    """Where a page begins and how long it is."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50, help_text="Entries of a page.")
    cursor = serializers.CharField(
        max_length=1000,
        default="",
        allow_blank=True,
        help_text="Where the page begins: `next_cursor` of the page before; empty is the first page.",
    )
    order = serializers.ChoiceField(
        choices=ORDERS, required=False, help_text="Which comes first; each list has its own default."
    )


class SpanQuestion(PageQuestion):
    """A page of what happened in a span of time."""

    since = Moment(required=False, help_text="At this moment or later.")
    until = Moment(required=False, help_text="Before this moment.")


def spanned(moment: str, *equal: str, **renamed: str) -> Callable[[QuerySet[M], dict[str, Any]], QuerySet[M]]:
    """Return what narrows a list by `since` and `until` of the field, and by questions that a field must be equal to.

    A question whose field has another name is given as `question="field"`.
    """
    fields = {**{name: name for name in equal}, **renamed, "since": f"{moment}__gte", "until": f"{moment}__lt"}

    def narrow(rows: QuerySet[M], asked: dict[str, Any]) -> QuerySet[M]:
        return rows.filter(**{field: asked[name] for name, field in fields.items() if name in asked})

    return narrow


def ordered_by(*fields: str) -> serializers.ChoiceField:
    """Return the question `order` of a list that sorts by these fields too, "-" before one for the largest first."""
    return serializers.ChoiceField(
        choices=[*ORDERS, *(f"{sign}{field}" for field in fields for sign in ("", "-"))],
        required=False,
        help_text="Which comes first: the newest, the oldest, or by a field (with - the largest of it first).",
    )


def page_answer(
    request: Request,
    rows: QuerySet[M],
    show: Callable[[M], Any],
    *,
    newest_first: bool = False,
    question: type[PageQuestion] = PageQuestion,
    narrow: Callable[[QuerySet[M], dict[str, Any]], QuerySet[M]] = lambda rows, _unused: rows,
) -> Response:
    """Answer one page of the rows by id: `items`, and `next_cursor` (null at the end).

    Raises ValidationError for unknown or bad questions, AppError for a cursor that is none.
    """
    page = PageAsked(request, question, newest_first=newest_first)
    sign, side = ("-", "lt") if page.descending else ("", "gt")
    rows = narrow(rows.order_by(*(f"{sign}{field}" for field in page.by)), page.asked)
    if after := page.after(rows.model):
        last = Q(**{f"id__{side}": after[-1]})
        if len(page.by) > 1:
            field, value = page.by[0], after[0]
            last = Q(**{f"{field}__{side}": value}) | (Q(**{field: value}) & last)
        rows = rows.filter(last)
    return page.answer(list(rows[: page.limit + 1]), show)


class PageAsked:
    """Which page of a list is asked for. Raises ValidationError for unknown or bad questions.

    `asked` are the answers to the list's own questions, `by` the fields it is ordered by, the id last.
    """

    def __init__(self, request: Request, question: type[PageQuestion], *, newest_first: bool = False) -> None:
        self.asked = question(data=question_of(request)).read()
        self.limit: int = self.asked["limit"]
        self.order = self.asked.get("order") or ("newest" if newest_first else "oldest")
        self.descending = self.order == "newest" or self.order.startswith("-")
        self.by = ["id"] if self.order in ORDERS else [self.order.removeprefix("-"), "id"]

    def after(self, model: type[Model]) -> list[Any]:
        """Return the values of `by` that the page comes after, none for the first one.

        Raises AppError for a cursor that is none of this list in this order.
        """
        text = self.asked["cursor"]
        return _cursor_read([model._meta.get_field(name) for name in self.by], text, self.order) if text else []

    def answer(self, found: Sequence[R], show: Callable[[R], Any]) -> Response:
        """Answer the page, of whose rows one more was looked for than it shows."""
        items = found[: self.limit]
        following = _cursor(items[-1], self.order, self.by[:-1]) if len(found) > len(items) else None
        return Response({"items": [show(row) for row in items], "next_cursor": following})


def questions_check(asked: Iterable[str], known: Collection[str]) -> None:
    """Raise AppError naming each question of the address that it does not know."""
    unknown = {name[:80]: [str(UNASKED)] for name in asked if name not in known}
    if unknown:
        raise AppError(f"{next(iter(unknown))}: {UNASKED}", code="invalid", fields=unknown)


def question_of(request: Request) -> Questions:
    """Return what an address asks, without `fields`, which every answer knows (Endpoint)."""
    asked = Questions(request.query_params.dict())
    asked.pop("fields", None)
    return asked


def fields_chosen(answer: Any, asked: str) -> Any:
    """Return an answer, or each entry of a page, with the fields asked for (names with commas between them) alone.

    Raises AppError that names a field there is none of.
    """
    names = list(dict.fromkeys(name.strip() for name in asked.split(",")))
    items = answer.get("items") if isinstance(answer, Mapping) else None
    rows = items if isinstance(items, list) else [answer]
    for row in rows:
        if not isinstance(row, Mapping):
            continue
        unknown = [name for name in names if name not in row]
        if unknown:
            sentence = _("There is no field “%(unknown)s” here; there are %(known)s.") % {
                "unknown": unknown[0][:60],
                "known": ", ".join(map(str, row)),
            }
            raise AppError(sentence, code="invalid", fields={"fields": [sentence]})
    chosen = [{name: row[name] for name in names} if isinstance(row, Mapping) else row for row in rows]
    return {**answer, "items": chosen} if isinstance(items, list) else chosen[0]


def _cursor(row: Any, order: str, key: list[str]) -> str:
    text = json.dumps([order, *(getattr(row, field) for field in key), str(row.pk)], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_read(fields: list[Any], text: str, order: str) -> list[Any]:
    try:
        own, *values = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
        if own != order or len(values) != len(fields) or not all(isinstance(one, str | int) for one in values):
            raise ValueError(own)
        if any(b"\x00" in str(one).encode() for one in values):  # nor half a surrogate pair
            raise ValueError("no text a database takes")
        read = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
        for field, value in zip(fields, read, strict=True):
            field.run_validators(value)
        return read
    except (ValueError, TypeError, RecursionError, ValidationError) as error:
        sentence = _(
            "This cursor marks no page of this list in this order; take next_cursor from the page before, or begin "
            "without one."
        )
        raise AppError(sentence, code="cursor_unknown", fields={"cursor": [sentence]}) from error
