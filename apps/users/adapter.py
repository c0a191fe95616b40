"""allauth's hooks: its mails go through our mail rows, so that a lost broker or mail server only delays them."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter

from apps.core import mail
from apps.core.ids import uuid7


class AccountAdapter(DefaultAccountAdapter):
    """Sends sign-in mails by the platform's own mail queue."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the mail of allauth's template `account/email/<name>` to the queue."""
        message = self.render_mail(template_prefix, email, context)
        html = next((body for body, kind in getattr(message, "alternatives", []) if kind == "text/html"), "")
        mail.mail_queue(
            key=f"account:{uuid7()}", to=email, subject=message.subject, text=message.body, html=str(html)
        )
