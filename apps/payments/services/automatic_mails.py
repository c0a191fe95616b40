"""The mails about automatic top-ups, to whoever an organisation chose for news of its balance."""

from typing import Any

from django.conf import settings

from apps.billing.services.balances import alert_addresses
from apps.core.mail import mail_write
from apps.organisations.models import Organisation


def automatic_mail(kind: str, *, organisation: Organisation, key: str, **facts: Any) -> None:
    """Promise the mail of this kind once per key: paid, declined, confirm, cap or off."""
    billing = f"{settings.BASE_URL}/o/{organisation.slug}/billing/"
    for number, address in enumerate(alert_addresses(organisation)):
        mail_write(
            key=f"automatic:{kind}:{key}:{number}",
            to=address,
            template="automatic_topup",
            context={
                "kind": kind,
                "organisation": organisation,
                "billing_url": billing,
                "rule_url": f"{billing}automatic/",
                "topup_url": f"{billing}top-up/",
                "platform": settings.PLATFORM_NAME,
                **facts,
            },
        )
