"""When a session was last used, kept in the cache alone (no request writes to the database for it), and its end."""

import hashlib
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import UTC, datetime

import redis
from allauth.account.authentication import get_authentication_records
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import logout
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse

from apps.users.models import User


class SeenMiddleware:
    """Notes that a session is in use; ends one that was idle, or whose sign-in is too long ago, however busy it is.

    A session in which somebody proved anew that they are there goes on under a new key, as after signing in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if settings.SESSION_COOKIE_NAME not in request.COOKIES or not request.user.is_authenticated:
            return self.get_response(request)
        times, key, now = _proofs(request), request.session.session_key, time.time()
        idle = now - (_noted(key) or now)
        if (times and now - min(times) > settings.SESSION_LONGEST) or idle > settings.SESSION_IDLE:
            logout(request)
        elif key:
            _note(key, now)
        response = self.get_response(request)
        proven = request.user.is_authenticated and times and max(_proofs(request), default=0) > max(times)
        if key and proven and request.session.session_key == key:
            self._renew(request, key)
        return response

    def _renew(self, request: HttpRequest, old: str) -> None:
        request.session.cycle_key()
        new = request.session.session_key or ""
        UserSession.objects.filter(session_key=old).update(session_key=new)
        _note(new, time.time())


def _proofs(request: HttpRequest) -> list[float]:
    """Return when the person of the session proved to be there: as they signed in, and anew."""
    assert isinstance(request.user, User)
    return [float(one.get("at", 0)) for one in get_authentication_records(request, request.user)]


def seen_at(session_key: str) -> datetime | None:
    """Return when the session was last used, as far as is known."""
    found = _noted(session_key)
    return datetime.fromtimestamp(found, UTC) if found is not None else None


def _noted(session_key: str | None) -> float | None:
    if not session_key:
        return None
    try:
        found: float | None = cache.get(_name(session_key))
    except redis.RedisError:  # nobody is signed out because the cache is away
        return None
    return found


def _note(session_key: str, at: float) -> None:
    with suppress(redis.RedisError):
        cache.set(_name(session_key), at, settings.SESSION_COOKIE_AGE)


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
    known: dict[str, float] = {}
    with suppress(redis.RedisError):
        known = cache.get_many(names)
    for name, at in known.items():
        seen[names[name]] = max(seen[names[name]], datetime.fromtimestamp(at, UTC))
    return seen
