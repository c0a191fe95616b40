"""Long lists by pages: each page says where the next begins, so nothing is skipped or shown twice."""

import base64
import binascii
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
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


def page_answer(
    request: Request,
    rows: QuerySet[M],
    show: Callable[[M], Any],
    *,
    newest_first: bool = False,
    question: type[PageQuestion] = PageQuestion,
    narrow: Callable[[QuerySet[M], dict[str, Any]], QuerySet[M]] = lambda rows, _: rows,
) -> Response:
    """Answer one page of the rows by id: `items`, and `next_cursor` (null at the end).

    Raises ValidationError for unknown or bad questions, AppError for a cursor that is none.
    """
    asked = question(data=request.query_params.dict()).read()
    rows = narrow(rows.order_by("-id" if newest_first else "id"), asked)
    if asked["cursor"]:
        rows = rows.filter(**{"id__lt" if newest_first else "id__gt": _cursor_read(rows, asked["cursor"])})
    found = list(rows[: asked["limit"] + 1])
    items = found[: asked["limit"]]
    more = len(found) > len(items)
    return Response({"items": [show(row) for row in items], "next_cursor": _cursor(items[-1]) if more else None})


def _cursor(row: Model) -> str:
    return base64.urlsafe_b64encode(str(row.pk).encode()).decode().rstrip("=")


def _cursor_read(rows: QuerySet[Any], text: str) -> Any:
    field = rows.model._meta.pk
    assert field is not None
    try:
        key = field.to_python(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii"))
        field.run_validators(key)
    except (ValueError, binascii.Error, ValidationError) as error:
        sentence = "This cursor marks no page; take next_cursor from the page before, or begin without one."
        raise AppError(sentence, code="cursor_unknown", fields={"cursor": [sentence]}) from error
    return key
