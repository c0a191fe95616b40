"""API keys: which one a request came with, and which ones somebody may see."""

import hmac
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from apps.core.addresses import network_holds
from apps.core.errors import Denied, NotFound
from apps.core.moments import day_text
from apps.organisations.errors import Unauthenticated
from apps.organisations.models import ApiKey, Grant
from apps.organisations.roles import Permission
from apps.organisations.selectors.key_row import key_row
from apps.organisations.tokens import Token, token_read


def api_key_check(*, token: str, address: str, now: datetime) -> ApiKey:
    """Return the live key with its organisation, member and the member's projects, in one indexed query.

    Raises Unauthenticated for a key that is malformed, unknown, revoked, expired, of another environment or of a
    member who has gone, and Denied for an address outside the key's networks.
    """
    read = _token_of_ours(token)
    key = key_row(read.prefix)
    if key is None or not hmac.compare_digest(key.digest, read.digest):
        raise Unauthenticated(
            _("This API key is unknown; compare it with the one you were shown."), code="key_unknown"
        )
    if key.revoked_at is not None:
        raise Unauthenticated(
            _("The key “%(key)s” was revoked; make a new one.") % {"key": key.name}, code="key_revoked"
        )
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthenticated(
            _("The key “%(key)s” expired on %(expires_at)s UTC; make a new one.")
            % {"key": key.name, "expires_at": f"{day_text(key.expires_at, 'long')}, {key.expires_at:%H:%M}"},
            code="key_expired",
        )
    _member_check(key)
    if key.allowed_networks and not network_holds(key.allowed_networks, address):
        raise Denied(
            _(
                "The key “%(key)s” may not be used from the address %(address)s; add the address to the "
                "key's networks, or come from one of them."
            )
            % {"key": key.name, "address": address or _("of this request")},
            code="key_address",
        )
    return key


def _token_of_ours(text: str) -> Token:
    read = token_read(text)
    if read is None:
        raise Unauthenticated(
            _("This is not an API key of this platform; they look like nos_%(api_key_environment)s_….")
            % {"api_key_environment": settings.API_KEY_ENVIRONMENT},
            code="key_malformed",
        )
    if read.environment != settings.API_KEY_ENVIRONMENT:
        raise Unauthenticated(
            _(
                "This is a key of the environment “%(environment)s”, and here is "
                "“%(api_key_environment)s”; use a key of this environment, or the address of the other one."
            )
            % {"environment": read.environment, "api_key_environment": settings.API_KEY_ENVIRONMENT},
            code="key_elsewhere",
        )
    return read


def _member_check(key: ApiKey) -> None:
    if not key.personal:
        return
    if key.member is None:
        raise Unauthenticated(
            _("The key “%(key)s” was a member's own, and the member has left the organisation.")
            % {"key": key.name},
            code="key_without_member",
        )
    if not key.member.user.is_active:
        raise Unauthenticated(
            _("The account behind the key “%(key)s” is closed.") % {"key": key.name}, code="key_without_member"
        )


def api_keys_of(grant: Grant) -> QuerySet[ApiKey]:
    """Return the keys that may be seen, newest first: one's own, or everybody's with the permission for it."""
    keys = grant.organisation.api_keys.select_related("member__user", "made_by", "project").order_by("-id")
    if grant.may(Permission.KEYS_MANAGE_ALL):
        return keys
    grant.require(Permission.KEYS_MANAGE)
    mine = Q(member=grant.membership) if grant.membership is not None else Q(pk=grant.api_key and grant.api_key.pk)
    allowed = grant.reach.projects_where(Permission.KEYS_MANAGE)
    return keys.filter(mine) if allowed is None else keys.filter(mine & (Q(project=None) | Q(project__in=allowed)))


def api_key_get(grant: Grant, key_id: UUID | str) -> ApiKey:
    """Return one of the keys that may be seen. Raises NotFound."""
    try:
        key = api_keys_of(grant).filter(pk=UUID(str(key_id))).first()
    except ValueError:
        key = None
    if key is None:
        raise NotFound(
            _("There is no such key in %(organisation)s, or it is not yours; see the list.")
            % {"organisation": grant.organisation.name}
        )
    return key
