"""allauth's hooks for sign-in by others: Google and the like by configuration, organisations' own by their rows.

The floors above know organisations and their providers; here they are only asked, through ports.
"""

from dataclasses import dataclass, field
from typing import Any

import requests
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.base import AuthProcess
from django.http import HttpRequest
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.core.errors import AppError, Denied, NotFound
from apps.core.outbound_requests import session_make
from apps.core.wiring import ask
from apps.users.adapter import address_proven
from apps.users.models import User
from apps.users.names import name_clean
from apps.users.services import unclaimed_take
from apps.users.ways import ORGANISATION_PREFIX


@dataclass(frozen=True)
class ProviderFacts:
    """An organisation's sign-in as allauth needs it; `key` is its provider id and its place in addresses."""

    key: str
    kind: str  # openid_connect | saml
    name: str
    client_id: str
    secret: str = field(repr=False)
    settings: dict[str, Any]


class SocialAdapter(DefaultSocialAccountAdapter):
    """Lets an organisation's provider vouch for its verified domains, and for nothing else."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """Return the configured apps; an organisation's only when it is asked for by its key."""
        key = next((one for one in (provider, client_id) if (one or "").startswith(ORGANISATION_PREFIX)), None)
        if key is None:
            return super().list_apps(request, provider=provider, client_id=client_id)
        return [_app(facts) for answers in ask("users.provider_facts", key=key) for facts in answers]

    def get_app(self, request: HttpRequest, provider: str, client_id: str | None = None) -> SocialApp:
        """Return the one app of a provider. Raises NotFound where none is configured: there is no such door here."""
        try:
            return super().get_app(request, provider, client_id=client_id)
        except SocialApp.DoesNotExist:
            raise NotFound from None

    def get_requests_session(self) -> requests.Session:
        """Return a session for addresses that organisations chose: it reaches the public internet and no more."""
        return session_make()

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Check what an organisation's provider says, and find whose account it means."""
        key = sociallogin.account.provider
        if not key.startswith(ORGANISATION_PREFIX):
            return
        try:
            if sociallogin.state.get("process") == AuthProcess.CONNECT:
                raise Denied(
                    _("An organisation's sign-in is not connected by hand: sign out, and sign in with it.")
                )
            self._organisation_login(request, sociallogin, key)
        except AppError as refusal:
            raise ImmediateHttpResponse(
                render(request, "error.html", {"error": refusal}, status=refusal.status)
            ) from None

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        """Return whether the account is made without a further question: an organisation's people are asked none."""
        if sociallogin.account.provider.startswith(ORGANISATION_PREFIX):
            return True
        return bool(super().is_auto_signup_allowed(request, sociallogin))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        """Fill in the one name we keep."""
        user: User = super().populate_user(request, sociallogin, data)
        parts = (data.get("first_name") or "", data.get("last_name") or "")
        name = data.get("name") or " ".join(part for part in parts if part)
        user.name = name_clean(str(name))
        user.email = user.email.lower()
        return user

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        """Make the account, and tell the floors above which addresses are proven."""
        user: User = super().save_user(request, sociallogin, form)
        for address in EmailAddress.objects.filter(user=user, verified=True):
            address_proven(address)
        return user

    def _organisation_login(self, request: HttpRequest, sociallogin: SocialLogin, key: str) -> None:
        email = _address(sociallogin)
        known = sociallogin.user if sociallogin.is_existing else _owner_of(email)
        ask("users.provider_vouches", key=key, email=email, user=known, now=timezone.now())
        sociallogin.email_addresses = [EmailAddress(email=email, verified=True, primary=True)]
        if known is not None and not sociallogin.is_existing:
            sociallogin.connect(request, known)
        if known is not None:
            address_proven(EmailAddress(user=known, email=email, verified=True))
        if known is None:
            sociallogin.user.email = email


def _app(facts: ProviderFacts) -> SocialApp:
    app = SocialApp(provider=facts.kind, provider_id=facts.key, name=facts.name, client_id=facts.client_id)
    app.secret, app.settings = facts.secret, facts.settings
    return app


def _address(sociallogin: SocialLogin) -> str:
    """Return the one address that the provider names, lower-case. Raises Denied where it says none, or doubts it."""
    claims = sociallogin.account.extra_data or {}
    told, proven = claims.get("userinfo") or claims, claims.get("id_token") or {}
    if proven and told is not proven and told.get("sub") != proven.get("sub"):
        raise Denied(
            _("The sign-in's two answers are about two people; ask whoever runs it in your organisation.")
        )
    if told.get("email_verified") is False or told.get("email_verified") == "false":
        raise Denied(
            _(
                "Your organisation's sign-in says that your e-mail address is not confirmed; have it confirmed there."
            )
        )
    addresses = {one.email.lower() for one in sociallogin.email_addresses if one.email}
    if sociallogin.user.email:
        addresses.add(sociallogin.user.email.lower())
    if len(addresses) != 1:
        raise Denied(_("Your organisation's sign-in names no e-mail address; ask whoever runs it to send one."))
    return addresses.pop()


def _owner_of(email: str) -> User | None:
    """Return who has confirmed the address.

    An account that only claims it, and has never been opened, is no obstacle: it becomes the account of whoever the
    provider vouches for, without the password that a stranger may have set. Raises Denied for any other one.
    """
    found = EmailAddress.objects.filter(email__iexact=email, verified=True).select_related("user").first()
    if found is not None:
        return found.user
    claimed = User.objects.filter(email=email).first()
    if claimed is None:
        return None
    if claimed.last_login is not None or claimed.is_staff:
        raise Denied(
            _("Your account has not confirmed this address yet: sign in as before, confirm it, then come back.")
        )
    unclaimed_take(user=claimed, email=email)
    return claimed
