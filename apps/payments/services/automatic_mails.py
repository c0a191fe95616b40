"""The mails about automatic top-ups, to whoever an organisation chose for news of its balance."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction

from apps.billing.services.balances import alert_addresses
from apps.core.mail import mail_write
from apps.notifications.services import event_emit
from apps.organisations.models import Organisation
from apps.organisations.selectors import mail_language
from apps.payments.events import AUTOMATIC_TYPES


@transaction.atomic
def automatic_mail(kind: str, *, organisation: Organisation, key: str, now: datetime, **facts: Any) -> None:
    """Promise the mail of this kind, and its notice, once per key: paid, declined, confirm, cap or off."""
    billing = f"{settings.BASE_URL}/o/{organisation.slug}/billing/"
    addresses = alert_addresses(organisation)
    if kind in AUTOMATIC_TYPES:
        event_emit(
            organisation_id=organisation.pk,
            type=AUTOMATIC_TYPES[kind].name,
            subject=f"organisation:{organisation.pk}",
            key=f"automatic:{kind}:{key}",
            data={"reason": str(facts.get("reason", ""))},
            mailed=addresses,
            now=now,
        )
    for number, address in enumerate(addresses):
        mail_write(
            key=f"automatic:{kind}:{key}:{number}",
            to=address,
            language=mail_language(organisation, address),
            template="automatic_topup",
            context={
                "kind": kind,
                "organisation": organisation,
                "billing_url": billing,
                "rule_url": f"{billing}automatic/",
                "topup_url": f"{billing}top-up/",
                "help_url": f"{settings.BASE_URL}/o/{organisation.slug}/support/new/",
                "platform": settings.PLATFORM_NAME,
                **facts,
            },
        )
