"""When a session was last used, kept in the cache alone (no request writes to the database for it), and its end."""

import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse


class SeenMiddleware:
    """Notes that a session is in use, and ends one whose sign-in is too long ago, however busy it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME in request.COOKIES and request.user.is_authenticated:
            records = get_authentication_records(request, request.user)
            began = min((float(one.get("at", 0)) for one in records), default=None)
            key = request.session.session_key
            if began is not None and time.time() - began > settings.SESSION_LONGEST:
                logout(request)
            elif key:
                cache.set(_name(key), datetime.now(UTC).timestamp(), settings.SESSION_COOKIE_AGE)
        return self.get_response(request)


def seen_at(session_key: str) -> datetime | None:
    """Return when the session was last used, as far as is known."""
    found = cache.get(_name(session_key))
    return datetime.fromtimestamp(found, UTC) if found is not None else None


def _name(session_key: str) -> str:
    return "seen:" + hashlib.sha256(session_key.encode()).hexdigest()[:32]  # the key itself would open the session
