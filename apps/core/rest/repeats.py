"""Repeats of a POST: with the same Idempotency-Key and body they do nothing and get the first answer."""

import re
from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from rest_framework.request import Request

from apps.core.errors import AppError
from apps.core.idempotency import once

KEY = re.compile(r"[!-~]{1,255}")


def once_by_header(request: Request, *, scope: str, act: Callable[[], Any], forgets: bool = False) -> Any:
    """Return the act's JSON result; with an Idempotency-Key header, the first result of this key in the scope.

    `forgets` as in `once`. Raises AppError for a key that is none, KeyReused when the key came with another body or to
    another address.
    """
    key = key_of(request)
    if key is None:
        return act()
    content = [request.method, request.path, request.data]
    return once(scope=scope, key=key, content=content, act=act, forgets=forgets)


def key_of(request: Request) -> str | None:
    """Return the Idempotency-Key of the request, None without one. Raises AppError for a key that is none."""
    key = request.headers.get("Idempotency-Key")
    if key is not None and not KEY.fullmatch(key):
        raise AppError(
            _("An Idempotency-Key is 1 to 255 visible ASCII characters, such as a UUID."),
            code="idempotency_key_invalid",
        )
    return key
