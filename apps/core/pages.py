"""What every paged list shares: where a page begins, read from its address."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest
from django.utils.translation import gettext as _

from apps.core.errors import AppError

Mark = TypeVar("Mark", int, uuid.UUID)


def page_mark(request: HttpRequest, read: Callable[[str], Mark]) -> Mark | None:
    """Return where the page begins. Raises AppError for a mark that is none."""
    mark = request.GET.get("before", "")
    try:
        return read(mark) if mark else None
    except ValueError as error:
        raise AppError(
            _("“%(mark)s” marks no page; start again from the first one.") % {"mark": mark[:40]},
            code="page_unknown",
        ) from error
