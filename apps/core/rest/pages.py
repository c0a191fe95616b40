"""Long lists by pages: each page says where the next begins, so nothing is skipped or shown twice."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.errors import AppError
from apps.core.rest.bodies import Body

M = TypeVar("M", bound=Model)


class PageQuestion(Body):
    """Where a page begins and how long it is."""

    limit = serializers.IntegerField(min_value=1, max_value=100, default=50, help_text="Entries of a page.")
    cursor = serializers.CharField(
        max_length=200, default="", help_text="Where the page begins: `next_cursor` of the page before."
    )
    order = serializers.ChoiceField(
        choices=["newest", "oldest"], required=False, help_text="Which comes first; each list has its own default."
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
    asked = question(data=question_of(request)).read()
    newest_first = asked.get("order", "newest" if newest_first else "oldest") == "newest"
    rows = narrow(rows.order_by("-id" if newest_first else "id"), asked)
    if asked["cursor"]:
        key = _cursor_read(rows, asked["cursor"], newest_first)
        rows = rows.filter(**{"id__lt" if newest_first else "id__gt": key})
    found = list(rows[: asked["limit"] + 1])
    items = found[: asked["limit"]]
    more = len(found) > len(items)
    following = _cursor(items[-1], newest_first) if more else None
    return Response({"items": [show(row) for row in items], "next_cursor": following})


def question_of(request: Request) -> dict[str, Any]:
    """Return what an address asks, without `fields`, which every answer knows (Endpoint)."""
    asked: dict[str, Any] = request.query_params.dict()
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


def _cursor(row: Model, newest_first: bool) -> str:
    text = f"{'n' if newest_first else 'o'}{row.pk}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _cursor_read(rows: QuerySet[Any], text: str, newest_first: bool) -> Any:
    field = rows.model._meta.pk
    assert field is not None
    try:
        read = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
        if read[:1] != ("n" if newest_first else "o"):
            raise ValueError(read)
        key = field.to_python(read[1:])
        field.run_validators(key)
    except (ValueError, binascii.Error, ValidationError) as error:
        sentence = _(
            "This cursor marks no page of this list in this order; take next_cursor from the page "
            "before, or begin without one."
        )
        raise AppError(sentence, code="cursor_unknown", fields={"cursor": [sentence]}) from error
    return key
