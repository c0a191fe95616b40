"""What every page about money begins with."""

import uuid
from collections.abc import Callable
from typing import TypeVar

from django.http import HttpRequest

from apps.core.errors import AppError
from apps.organisations.models import Membership
from apps.organisations.roles import Permission
from apps.organisations.selectors import membership_get

Mark = TypeVar("Mark", int, uuid.UUID)


def enter(request: HttpRequest, slug: str, permission: Permission = Permission.BILLING_VIEW) -> Membership:
    """Return the membership of the person who asks. Raises NotFound for outsiders, Denied without the role."""
    membership = membership_get(request.user, slug, permission)
    request.membership = membership  # type: ignore[attr-defined]
    return membership


def page_mark(request: HttpRequest, read: Callable[[str], Mark]) -> Mark | None:
    """Return where the page begins. Raises AppError for a mark that is none."""
    mark = request.GET.get("before", "")
    try:
        return read(mark) if mark else None
    except ValueError as error:
        raise AppError(
            f"“{mark[:40]}” marks no page; start again from the first one.", code="page_unknown"
        ) from error
