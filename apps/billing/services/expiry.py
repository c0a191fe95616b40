"""Credits whose time is over: told before, and taken from the balance when it comes."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from apps.billing import chart
from apps.billing.events import LOT_EXPIRING
from apps.billing.models import Lot
from apps.billing.services.balances import alert_addresses, balance_fell
from apps.billing.services.lots import lot_account, lots_end
from apps.core.mail import mail_write
from apps.core.models import Mail
from apps.core.sweeping import each_apart
from apps.ledger.services import accounts_lock
from apps.notifications.services import event_emit
from apps.organisations.selectors import mail_language

NOTICE_DAYS = (1, 7)
BATCH = 1_000  # lots in one round


def lots_expire(*, now: datetime) -> int:
    """Post the expiry of every lot whose time is over; return how many micro-NOS expired.

    One transaction per organisation; one that fails stops no other. Credits that jobs hold stay held: what comes
    back of them later expires when it comes.
    """
    due = Lot.objects.filter(remaining_micro__gt=0, expires_at__lte=now).order_by("expires_at")
    organisations = dict.fromkeys(due.values_list("organisation_id", flat=True)[:BATCH])
    return sum(each_apart(organisations, lambda organisation_id: _expire(organisation_id, now=now)))


def _expire(organisation_id: uuid.UUID, *, now: datetime) -> int:
    due = Lot.objects.filter(organisation_id=organisation_id, remaining_micro__gt=0, expires_at__lte=now)
    available = chart.available(organisation_id)
    with transaction.atomic():
        codes = {available, *(lot_account(lot) for lot in due)}
        accounts = accounts_lock(codes)
        lots = [lot for lot in due.all() if lot_account(lot) in codes]  # read again: a hold may have been first
        general = sum(lot.remaining_micro for lot in lots if lot.project_id is None)
        expired = lots_end(lots, now=now)
        if general:
            balance_fell(organisation_id, available_micro=(accounts[available].balance or 0) - general)
    return expired


def expiry_notices(*, now: datetime) -> int:
    """Promise the mails about lots that expire within 7 days, and within one; each once. Return how many.

    Lots that were short-lived from the start get no notice they would have had on their first days.
    """
    horizon = now + timedelta(days=max(NOTICE_DAYS))
    lots = Lot.objects.filter(remaining_micro__gt=0, expires_at__gt=now, expires_at__lte=horizon)
    wanted = {}
    for lot in lots.select_related("organisation", "project").order_by("expires_at"):
        assert lot.expires_at is not None
        days = next(days for days in NOTICE_DAYS if lot.expires_at <= now + timedelta(days=days))
        if lot.expires_at - lot.created_at >= timedelta(days=2 * days):
            anew = f":{lot.expires_at:%Y-%m-%d}" if lot.expiry_moved_at else ""  # staff moved it: told again
            wanted[f"lot:{lot.id}:expires:{days}{anew}"] = lot
    told = set(Mail.objects.filter(key__in=[f"{key}:0" for key in wanted]).values_list("key", flat=True))
    fresh = {key: lot for key, lot in wanted.items() if f"{key}:0" not in told}
    return len(each_apart(fresh.items(), lambda one: _tell(one[1], one[0], now=now)))


@transaction.atomic
def _tell(lot: Lot, key: str, *, now: datetime) -> None:
    addresses = alert_addresses(lot.organisation)
    for number, address in enumerate(addresses):
        mail_write(
            key=f"{key}:{number}",
            to=address,
            language=mail_language(lot.organisation, address),
            template="credits_expire",
            context={
                "lot": lot,
                "organisation": lot.organisation,
                "platform": settings.PLATFORM_NAME,
                "url": f"{settings.BASE_URL}/o/{lot.organisation.slug}/billing/credits/",
            },
        )
    event_emit(
        organisation_id=lot.organisation_id,
        type=LOT_EXPIRING.name,
        subject=f"lot:{lot.id}",
        key=key,
        data={"lot": str(lot.id), "remaining_micro": lot.remaining_micro, "expires": f"{lot.expires_at:%Y-%m-%d}"},
        mailed=addresses,
        now=now,
    )
