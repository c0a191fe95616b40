"""The mail about a card that will soon no longer be good."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q

from apps.billing.services.balances import alert_addresses
from apps.core.mail import mail_write
from apps.core.sweeping import each_apart
from apps.notifications.services import event_emit
from apps.organisations.selectors import mail_language
from apps.payments.events import CARD_EXPIRING
from apps.payments.models import Card

AHEAD = timedelta(days=30)


def cards_expiring_tell(*, now: datetime) -> int:
    """Mail about each card that is the default, or pays automatic top-ups, and ends within 30 days; return how many.

    Once for each end: a card that its bank renews with another date is told of again when that one nears.
    """
    soon = now + AHEAD
    months = F("expires_year") * 12 + F("expires_month")
    near = Card.objects.annotate(months=months).filter(
        Q(default=True) | Q(rules__on=True),
        removed_at=None,
        organisation__closed_at=None,
        months__lte=soon.year * 12 + soon.month,
        months__gte=now.year * 12 + now.month - 1,
    )
    told = [card for card in near.select_related("organisation").distinct() if card.expires_on <= soon.date()]
    return len(each_apart(told, lambda card: _tell(card, now=now)))


@transaction.atomic
def _tell(card: Card, *, now: datetime) -> None:
    organisation = card.organisation
    addresses = alert_addresses(organisation)
    event_emit(
        organisation_id=organisation.pk,
        type=CARD_EXPIRING.name,
        subject=f"card:{card.id}",
        key=f"card:{card.id}:{card.expires_text}",
        data={"card": str(card), "expires": card.expires_text},
        mailed=addresses,
        now=now,
    )
    for number, address in enumerate(addresses):
        mail_write(
            key=f"card-expiring:{card.id}:{card.expires_text}:{number}",
            to=address,
            language=mail_language(organisation, address),
            template="card_expiring",
            context={
                "organisation": organisation,
                "card": card,
                "over": card.expires_on <= now.date(),
                "automatic": card.rules.filter(on=True).exists(),
                "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/cards/",
                "platform": settings.PLATFORM_NAME,
            },
        )
