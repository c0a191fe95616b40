"""The price of NOS: read from its sources, believed or refused, and used while it is fresh.

A price in euros or pounds is NOS/USD divided by the currency's own price in dollars (its leg), in whole numbers.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.billing.errors import JumpOver, RateSourceBroken, RateUnavailable
from apps.billing.models import Jump, Rate, Reading
from apps.billing.sources import Told, sources
from apps.billing.sources.port import LEGS, NOS_USD
from apps.core.money import MICRO

logger = logging.getLogger(__name__)

FRESH = timedelta(minutes=10)  # NOS is traded day and night
LEG_FRESH = timedelta(hours=72)  # money markets sleep at weekends
APART_BP = 200  # two sources further apart than 2 % are both not believed
JUMP_BP = 2_000  # a move of more than 20 % between reads takes a person's word
KEPT = timedelta(days=30)
LOCK = 0x4E4F5352  # "NOSR": one read at a time decides


@dataclass
class RatesRead:
    """What came of asking: the rates that are believed now, and a sentence for everything that was refused."""

    rates: list[Rate] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)


def rate_read(*, now: datetime) -> RatesRead:
    """Ask every source, keep what each said, and keep a rate per currency where it can be believed.

    NOS/USD is refused when it is older than 10 minutes, when two sources differ by more than 2 %, or when it moved
    by more than 20 % since it was last believed, until staff confirm or it comes back. Calls the network.
    Raises RateSourceBroken when no source answered.
    """
    told: list[Told] = []
    found = RatesRead()
    for source in sources():
        try:
            told += source.read(now=now)
        except RateSourceBroken as broken:
            found.refusals.append(broken.message)
    if not told:
        raise RateSourceBroken(" ".join(found.refusals) or "No source of the price of NOS is set up.")
    found.refusals += [item.doubt for item in told if item.doubt]
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        Reading.objects.bulk_create(
            [Reading(pair=i.pair, price_nano=i.price_nano, source=i.source, at=i.at, read_at=now) for i in told],
            ignore_conflicts=True,
        )
        _believe([item for item in told if not item.doubt], found, now=now)
        Rate.objects.bulk_create(found.rates, ignore_conflicts=True)
    for refusal in found.refusals:
        logger.warning(refusal)
    return found


def rate_latest(currency: str, now: datetime) -> Rate:
    """Return the newest rate of the currency.

    Raises RateUnavailable if it is older than 10 minutes, or while a jump of NOS/USD waits for staff.
    """
    rate = Rate.objects.filter(currency=currency, at__gte=now - FRESH).order_by("-at", "-id").first()
    if rate is None or Jump.objects.filter(confirmed_at=None, withdrawn_at=None).exists():
        raise RateUnavailable(currency)
    return rate


def jump_confirm(*, jump_id: int, staff_id: int, now: datetime) -> None:
    """Note that a member of staff has checked the new price; the next read may be believed again.

    Raises JumpOver if the jump has ended before.
    """
    jumps = Jump.objects.filter(id=jump_id, confirmed_at=None, withdrawn_at=None)
    if not jumps.update(confirmed_at=now, confirmed_by=staff_id):
        raise JumpOver(_("This jump has ended already: it was confirmed, or the price came back."))


def rates_purge(*, now: datetime) -> int:
    """Delete readings and rates older than 30 days, but for the last rates; quotes keep their own. Return how many."""
    old = now - KEPT
    newest = [rate.id for c in ("USD", *LEGS) if (rate := Rate.objects.filter(currency=c).order_by("-at").first())]
    rates, _unused = Rate.objects.filter(read_at__lt=old).exclude(id__in=newest).delete()
    readings, _unused = Reading.objects.filter(read_at__lt=old).delete()
    return rates + readings


def _believe(told: Sequence[Told], found: RatesRead, *, now: datetime) -> None:
    dollars = _one_of(NOS_USD, told, found, fresh=FRESH, now=now)
    if dollars is None or _jumped(dollars, found, now=now):
        return
    found.rates.append(_rate("USD", (dollars.price_nano + 500) // 1_000, dollars, dollars.source, now=now))
    for currency, pair in LEGS.items():
        leg = _one_of(pair, told, found, fresh=LEG_FRESH, now=now) or _leg_kept(pair, told, now=now)
        if leg is not None:
            price = (2 * dollars.price_nano * MICRO + leg.price_nano) // (2 * leg.price_nano)
            source = ", ".join(dict.fromkeys((dollars.source, leg.source)))
            found.rates.append(_rate(currency, price, dollars, source, now=now))


def _one_of(pair: str, told: Sequence[Told], found: RatesRead, *, fresh: timedelta, now: datetime) -> Told | None:
    """Return the most trusted fresh price of the pair if all fresh ones agree; say why not."""
    candidates = []
    for item in told:
        if item.pair == pair and item.at >= now - fresh:
            candidates.append(item)
        elif item.pair == pair:
            age = int((now - item.at).total_seconds() // 60)
            found.refusals.append(f"{item.source} tells a {pair} that is {age} minutes old.")
    prices = [item.price_nano for item in candidates]
    if prices and (max(prices) - min(prices)) * 10_000 > APART_BP * min(prices):
        said = " and ".join(f"{item.source} says {dollars_text(item.price_nano)}" for item in candidates)
        found.refusals.append(f"The sources are more than 2 % apart on {pair}: {said}.")
        return None
    return candidates[0] if candidates else None


def _leg_kept(pair: str, told: Sequence[Told], *, now: datetime) -> Told | None:
    """Return the pair's last price of the last 72 hours, if nobody told one now."""
    if any(item.pair == pair for item in told):
        return None
    kept = Reading.objects.filter(pair=pair, at__gte=now - LEG_FRESH).order_by("-at", "-id").first()
    if kept is None:
        return None
    return Told(pair=pair, price_nano=kept.price_nano, at=kept.at, source=kept.source)


def _jumped(dollars: Told, found: RatesRead, *, now: datetime) -> bool:
    """Return whether the price is too far from the last one believed, and keep that; end a jump that came back."""
    before = _reference()
    waiting = Jump.objects.filter(confirmed_at=None, withdrawn_at=None)
    if before is None or abs(dollars.price_nano - before) * 10_000 <= JUMP_BP * before:
        waiting.update(withdrawn_at=now)
        return False
    if not waiting.update(after_nano=dollars.price_nano, source=dollars.source):
        Jump.objects.create(
            before_nano=before, after_nano=dollars.price_nano, source=dollars.source, opened_at=now
        )
    found.refusals.append(
        f"NOS/USD moved from {dollars_text(before)} to {dollars_text(dollars.price_nano)}; nothing is sold until "
        "staff confirm it under Price jumps."
    )
    return True


def _reference() -> int | None:
    """Return the NOS/USD that was last believed, by a read or by a person, in billionths of a dollar."""
    rate = Rate.objects.filter(currency="USD").order_by("-read_at", "-id").first()
    jump = Jump.objects.exclude(confirmed_at=None).order_by("-confirmed_at").first()
    if jump is not None and jump.confirmed_at is not None and (rate is None or jump.confirmed_at > rate.read_at):
        return jump.after_nano
    return rate.price_micro * 1_000 if rate is not None else None


def _rate(currency: str, price_micro: int, dollars: Told, source: str, *, now: datetime) -> Rate:
    return Rate(currency=currency, price_micro=price_micro, at=dollars.at, source=source, read_at=now)


def dollars_text(price_nano: int) -> str:
    """Return billionths of a dollar as people read them ("$0.4568")."""
    return f"${price_nano / 10**9:.4f}"
