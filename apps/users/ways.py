"""How a session was signed in: by a way of the person's own, by an organisation's sign-in, with a second factor."""

import time
from dataclasses import dataclass

from allauth.account.authentication import get_authentication_records
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.http import HttpRequest

from apps.users.models import User

ORGANISATION_PREFIX = "sso-"  # of the provider ids that stand for an organisation's own sign-in
SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


@dataclass(frozen=True)
class Ways:
    """`own`: a password, a passkey or a provider the person chose. `organisations`: provider ids of organisations."""

    own: bool
    organisations: frozenset[str]
    second_factor: bool


def ways_of(request: HttpRequest) -> Ways:
    """Return how the request's session was signed in; one without a record was so by a way of the person's own."""
    user = request.user if isinstance(request.user, User) else None
    session = getattr(request, "session", None)
    records = get_authentication_records(request, user) if user is not None and session is not None else []
    providers = {str(one.get("provider", "")) for one in records if one.get("method") == "socialaccount"}
    organisations = frozenset(name for name in providers if name.startswith(ORGANISATION_PREFIX))
    passkey = any(one.get("passwordless") for one in records)
    own = passkey or bool(providers - organisations) or any(one.get("method") == "password" for one in records)
    factor = any(one.get("method") == "mfa" for one in records)
    return Ways(own=own or not organisations, organisations=organisations, second_factor=factor)


def fresh(request: HttpRequest) -> bool:
    """Return whether the person proved within the last quarter of an hour that they are there."""
    user = request.user if isinstance(request.user, User) else None
    records = get_authentication_records(request, user) if user is not None else []
    newest = max((float(one.get("at", 0)) for one in records), default=0.0)
    return time.time() - newest < settings.ACCOUNT_REAUTHENTICATION_TIMEOUT


def has_second_factor(user: User) -> bool:
    """Return whether the person has an authenticator app, a security key or a passkey."""
    return Authenticator.objects.filter(user=user, type__in=SECOND_FACTORS).exists()
