"""When a session was last used, kept in the cache alone (no request writes to the database for it), and its end."""

import hashlib
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from apps.users.models import User


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


def people_seen(user_ids: Iterable[int]) -> dict[int, datetime]:
    """Return when each of the people was last here, as far as is known; who never signed in is left out.

    One query, and one question to the cache.
    """
    people = User.objects.filter(pk__in=user_ids, last_login__isnull=False)
    rows = list(people.values_list("pk", "last_login", "usersession__session_key"))
    names = {_name(key): pk for pk, _login, key in rows if key}
    seen = {pk: login for pk, login, _key in rows if login is not None}
    for name, at in cache.get_many(names).items():
        seen[names[name]] = max(seen[names[name]], datetime.fromtimestamp(at, UTC))
    return seen
