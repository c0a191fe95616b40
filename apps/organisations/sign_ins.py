"""Programs that people sign in as themselves, such as the command line: by OAuth 2's device flow (RFC 8628).

allauth keeps codes and tokens (only their digests); what a token opens is decided here: at most what its member may,
in each organisation anew with every request, and of that what the scopes name.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from allauth.idp.oidc.models import Client, Token
from django.core.cache import cache
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.organisations.errors import Unauthenticated
from apps.organisations.roles import Permission
from apps.organisations.services.keys import SCOPES
from apps.users.models import User

CLIENT_ID = "nosana-cli"
CLIENT_NAME = "Nosana command line"
SHORTEST = 60  # characters; ours have 86, and keys of ours begin with nos_
DEFAULT_SCOPES = (
    Permission.ORGANISATION_VIEW,
    Permission.BALANCE_VIEW,
    Permission.JOBS_VIEW,
    Permission.JOBS_LAUNCH,
    Permission.JOBS_STOP,
)


@dataclass(frozen=True)
class SignIn:
    """A program's sign-in that holds now: whose it is, and what the program may of what they may."""

    user: User
    program: str
    scopes: frozenset[Permission]
    expires_at: datetime


def client_ready() -> None:
    """See that the command line is known, with the scopes there are now."""
    scopes = "\n".join(scope.value for scope in SCOPES)
    known = Client.objects.filter(pk=CLIENT_ID).first()
    if known is None or known.scopes != scopes:
        Client.objects.update_or_create(
            pk=CLIENT_ID,
            defaults={
                "name": CLIENT_NAME,
                "type": Client.Type.PUBLIC,
                "scopes": scopes,
                "default_scopes": "\n".join(scope.value for scope in DEFAULT_SCOPES),
                "grant_types": f"{Client.GrantType.DEVICE_CODE}\n{Client.GrantType.REFRESH_TOKEN}",
                "response_types": "",
            },
        )


def sign_in_looks(token: str) -> bool:
    """Return whether a bearer token is of a sign-in rather than a key."""
    return len(token) >= SHORTEST and not token.startswith("nos_")


def sign_in_check(token: str) -> SignIn:
    """Return the sign-in of an access token, in one indexed query. Raises Unauthenticated for one that has ended."""
    digest = hashlib.sha256(token.encode()).hexdigest()
    found = (
        Token.objects.select_related("user", "client").filter(type=Token.Type.ACCESS_TOKEN, hash=digest).first()
    )
    if found is None or found.user is None or not found.user.is_active:
        raise Unauthenticated(_("This sign-in has ended or never was; sign in again."), code="sign_in_unknown")
    if found.expires_at is None or found.expires_at <= timezone.now():
        raise Unauthenticated(
            _("This access token has expired; get a new one with the refresh token."), code="sign_in_expired"
        )
    return SignIn(found.user, found.client.name, scopes_read(found.get_scopes()), found.expires_at)


def scopes_read(names: Sequence[str]) -> frozenset[Permission]:
    """Return the scopes among these names."""
    return frozenset(scope for scope in SCOPES if scope.value in names)


def scopes_asked(device_code: str) -> list[Permission]:
    """Return what the program that shows a code asks for, in the order people know it."""
    data: dict[str, Any] = cache.get(f"allauth.idp.oidc.device_code[{device_code}]") or {}
    asked = data.get("scope")
    wanted = scopes_read(asked) if asked else frozenset(DEFAULT_SCOPES)
    return [scope for scope in SCOPES if scope in wanted]


def sign_ins_of(user: User) -> list[tuple[Token, list[Permission]]]:
    """Return the person's sign-ins that can be used or renewed, newest first, each with its scopes."""
    rows = Token.objects.valid().filter(user=user, type=Token.Type.REFRESH_TOKEN).select_related("client")
    return [(row, [scope for scope in SCOPES if scope.value in row.get_scopes()]) for row in rows.order_by("-id")]


def sign_in_end(*, user: User, sign_in_id: int) -> bool:
    """End a sign-in of the person's own at once; return whether there was one. A repeat changes nothing.

    Access tokens name no sign-in, so all of the program's end; its other sign-ins get new ones by themselves.
    """
    with transaction.atomic():
        found = Token.objects.filter(user=user, pk=sign_in_id, type=Token.Type.REFRESH_TOKEN).first()
        if found is None:
            return False
        Token.objects.filter(user=user, client=found.client, type=Token.Type.ACCESS_TOKEN).delete()
        found.delete()
    return True


def sign_ins_purge(*, now: datetime) -> int:
    """Delete the tokens that ended a day ago or more; return how many."""
    return Token.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()[0]
