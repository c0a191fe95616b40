"""allauth's hooks: its mails go through our mail rows, so that a lost broker or mail server only delays them."""

import logging
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.login import record_authentication
from allauth.account.models import EmailAddress
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from apps.core import mail
from apps.core.addresses import client_address
from apps.core.ids import uuid7
from apps.core.wiring import ask
from apps.users.changes import CHANGES
from apps.users.models import User
from apps.users.names import name_clean
from apps.users.ways import fresh

logger = logging.getLogger("nosana_web.sign_in")
FACTOR_ADDED = ("mfa/email/totp_activated", "mfa/email/webauthn_added")
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - where a proxy on a Unix socket tells no address


class AccountAdapter(DefaultAccountAdapter):
    """Sends sign-in mails by the platform's own mail queue, and its links to the platform's own address."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the name, and the language in which somebody signs up, so that mails speak it too."""
        user.language, user.name = get_language() or "", name_clean(form.cleaned_data.get("name", ""))
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail of allauth's template `account/email/<name>` to the queue."""
        if template_prefix in CHANGES:
            subject, sentence = CHANGES[template_prefix]
            told = {"sessions_url": settings.BASE_URL + reverse("usersessions_list")}
            context = context | told | {"subject": str(subject), "sentence": str(sentence) % context}
            template_prefix = "account/email/changed"
        site = {"name": settings.PLATFORM_NAME, "domain": urlsplit(settings.BASE_URL).netloc}
        message = self.render_mail(template_prefix, email, {"email": email, "current_site": site, **context})
        html = next(
            (str(words) for words, kind in getattr(message, "alternatives", ()) if kind == "text/html"), ""
        )
        mail.mail_queue(
            key=f"account:{uuid7()}",
            to=email,
            subject=message.subject,
            text=str(message.body),
            html=html,
            sealed=True,
        )

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """Write down that somebody did not get in, and from where; never what they typed as a password."""
        name = str(credentials.get("email") or credentials.get("username") or "-")[:254]
        logger.warning("sign-in refused: %s from %s", name, client_address(request) or NO_ADDRESS)

    def post_login(self, request: HttpRequest, user: User, **more: Any) -> HttpResponse:
        """Write down who came in, by which ways, and from where."""
        ways = [str(one.get("method")) for one in get_authentication_records(request, user)]
        where = client_address(request) or NO_ADDRESS
        logger.info("signed in: user %s by %s from %s", user.pk, "+".join(ways) or "-", where)
        return super().post_login(request, user, **more)

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return the link of a mail; it names our own host, whatever host the request named."""
        uidb36, _, token = key.partition("-")
        path = reverse("account_reset_password_from_key", kwargs={"uidb36": uidb36, "key": token})
        return settings.BASE_URL + path

    def get_client_ip(self, request: HttpRequest) -> str:
        """Return the client's address as the rest of the platform sees it."""
        return client_address(request) or NO_ADDRESS

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Return whether the person must prove anew that they are there: not right after they signed in."""
        return bool(super().is_reauthentication_required(app=app, **more)) and not fresh(self.request)

    def send_notification_mail(
        self, template_prefix: str, user: User, context: dict[str, Any] | None = None, email: str | None = None
    ) -> None:
        """Tell the person by mail what changed; a factor that was just set up was shown to work, so it counts."""
        super().send_notification_mail(template_prefix, user, context, email)
        if template_prefix in FACTOR_ADDED:
            record_authentication(self.request, user, "mfa", added=True)

    def confirm_email(self, request: HttpRequest, email_address: EmailAddress) -> bool:
        """Confirm the address, and tell the floors above whose it is now."""
        done = bool(super().confirm_email(request, email_address))
        if done:
            address_proven(email_address)
        return done


def address_proven(address: EmailAddress) -> None:
    """Tell the floors above that the address is the person's: an organisation may let its own people in."""
    ask("users.address_proven", user=address.user, email=address.email, now=timezone.now())
