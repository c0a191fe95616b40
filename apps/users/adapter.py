"""allauth's hooks: its mails go through our mail rows, so that a lost broker or mail server only delays them."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from apps.core import mail
from apps.core.ids import uuid7
from apps.users.models import User


class AccountAdapter(DefaultAccountAdapter):
    """Sends sign-in mails by the platform's own mail queue."""

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        """Keep the language in which somebody signs up, so that mails speak it too."""
        user.language = get_language() or ""
        return super().save_user(request, user, form, commit)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail of allauth's template `account/email/<name>` to the queue."""
        site = {"name": settings.PLATFORM_NAME, "domain": urlsplit(settings.BASE_URL).netloc}
        message = self.render_mail(template_prefix, email, {"email": email, "current_site": site, **context})
        text = str(message.body)
        mail.mail_queue(key=f"account:{uuid7()}", to=email, subject=message.subject, text=text, sealed=True)
