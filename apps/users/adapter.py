"""allauth's hooks: its mails go through our mail rows, so that a lost broker or mail server only delays them."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings

from apps.core import mail
from apps.core.ids import uuid7


class AccountAdapter(DefaultAccountAdapter):
    """Sends sign-in mails by the platform's own mail queue."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail of allauth's template `account/email/<name>` to the queue."""
        site = {"name": settings.PLATFORM_NAME, "domain": urlsplit(settings.BASE_URL).netloc}
        message = self.render_mail(template_prefix, email, {"email": email, "current_site": site, **context})
        text = str(message.body)
        mail.mail_queue(key=f"account:{uuid7()}", to=email, subject=message.subject, text=text, sealed=True)
