"""What a top-up would cost and bring: shown before paying, and locked while the quote stands.

A page shows a price as an offer: the figures, signed, so that looking writes nothing. Who pays brings the offer
back, and it becomes the quote it says, at the rate that was shown.
"""

import hashlib
import uuid
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core import signing
from django.utils.translation import gettext as _

from apps.billing.errors import QuoteRefused, QuoteUnknown
from apps.billing.models import Quote
from apps.billing.pricing import credits_for, net_for, rate_text, rate_with_spread, topup_limits
from apps.billing.services.rates import rate_latest
from apps.billing.services.vat import vat_of
from apps.core.ids import uuid7
from apps.core.money import CURRENCIES, fiat_text, fraction_round
from apps.core.wiring import ask
from apps.core.words import either
from apps.organisations.models import Organisation

OFFER = "billing.offer"
OFFER_LIMIT = 4_000  # characters; ours have about 600
UNUSED = timedelta(days=1)
BATCH = 10_000  # quotes forgotten in one round


@dataclass(frozen=True)
class Terms:
    """The figures of a quote: fiat in minor units, rates in micro-fiat per NOS, credits in micro-NOS."""

    currency: str
    net_minor: int
    vat_minor: int
    vat_bp: int
    vat_rule: str
    vat_note: str
    buyer_country: str
    buyer_vat_id: str
    total_minor: int
    credits_micro: int
    rate_micro: int
    spread_bp: int
    rate_charged_micro: int
    rate_source: str
    rate_at: datetime
    created_at: datetime
    expires_at: datetime

    @property
    def rate_text(self) -> str:
        """Return what one credit costs, spread included ("€0.4284")."""
        return rate_text(self.rate_charged_micro, self.currency)


def quote_preview(*, organisation: Organisation, currency: str, net_minor: int, now: datetime) -> Terms:
    """Return the figures a quote would have now, keeping nothing.

    Raises QuoteRefused for a currency or amount that is not sold, RateUnavailable without a fresh rate.
    """
    _check(currency, net_minor)
    rate = rate_latest(currency, now)
    charged = rate_with_spread(rate.price_micro, settings.RATE_SPREAD_BP)
    vat = vat_of(organisation, now=now)
    vat_minor = fraction_round(net_minor, vat.bp)
    return Terms(
        currency=currency,
        net_minor=net_minor,
        vat_minor=vat_minor,
        vat_bp=vat.bp,
        vat_rule=vat.rule,
        vat_note=vat.note,
        buyer_country=organisation.country,
        buyer_vat_id=organisation.vat_id,
        total_minor=net_minor + vat_minor,
        credits_micro=credits_for(net_minor, charged),
        rate_micro=rate.price_micro,
        spread_bp=settings.RATE_SPREAD_BP,
        rate_charged_micro=charged,
        rate_source=rate.source,
        rate_at=rate.at,
        created_at=now,
        expires_at=now + timedelta(minutes=settings.QUOTE_MINUTES),
    )


def quote_create(*, organisation: Organisation, currency: str, net_minor: int, now: datetime) -> Quote:
    """Lock rate, VAT and credits for QUOTE_MINUTES and return the quote. Raises as `quote_preview`."""
    terms = quote_preview(organisation=organisation, currency=currency, net_minor=net_minor, now=now)
    return Quote.objects.create(organisation=organisation, **asdict(terms))


def net_for_credits(*, currency: str, micro: int, now: datetime) -> int:
    """Return the amount before VAT, in minor units, that brings at least `micro` credits at today's price.

    Rounded up to a whole unit of the currency. Raises RateUnavailable without a fresh rate.
    """
    charged = rate_with_spread(rate_latest(currency, now).price_micro, settings.RATE_SPREAD_BP)
    return net_for(micro, charged)


def quote_offer(*, organisation: Organisation, terms: Terms) -> str:
    """Return the terms as a signed text that `quote_accept` turns into a quote of this organisation."""
    facts = {
        key: value.isoformat() if isinstance(value, datetime) else value for key, value in vars(terms).items()
    }
    return signing.dumps({**facts, "organisation": str(organisation.id)}, salt=OFFER, compress=True)


def quote_accept(*, organisation: Organisation, offer: str, now: datetime) -> Quote:
    """Return the quote that the offer promised, made now; the same offer again returns the same quote.

    Raises QuoteUnknown for a text that is no offer to this organisation, QuoteRefused for one that has run out.
    """
    try:
        facts = signing.loads(offer[:OFFER_LIMIT], salt=OFFER)
    except signing.BadSignature:
        raise QuoteUnknown from None
    if facts.pop("organisation") != str(organisation.id):
        raise QuoteUnknown
    key = hashlib.sha256(offer.encode()).hexdigest()
    earlier = Quote.objects.filter(key=key).first()
    if earlier is not None:
        return earlier
    times = {name: datetime.fromisoformat(facts[name]) for name in ("rate_at", "created_at", "expires_at")}
    if times["expires_at"] <= now:
        raise QuoteRefused(_("This price has run out; look at today's price and pay that."), code="quote_over")
    quote, _unused = Quote.objects.get_or_create(
        key=key, defaults={**facts, **times, "organisation": organisation}
    )
    return quote


def quote_settle(*, quote: Quote, now: datetime) -> Quote:
    """Return what the quote's money buys at the rate of now, fixed by the first call: same amount, same VAT.

    For payments that settle days after they were promised. Raises RateUnavailable without a fresh rate.
    """
    key = f"settled:{quote.id}"
    earlier = Quote.objects.filter(key=key).first()
    if earlier is not None:
        return earlier
    rate = rate_latest(quote.currency, now)
    charged = rate_with_spread(rate.price_micro, settings.RATE_SPREAD_BP)
    facts = {field.attname: getattr(quote, field.attname) for field in Quote._meta.concrete_fields}
    facts |= {
        "id": uuid7(),
        "credits_micro": credits_for(quote.net_minor, charged),
        "rate_micro": rate.price_micro,
        "spread_bp": settings.RATE_SPREAD_BP,
        "rate_charged_micro": charged,
        "rate_source": rate.source,
        "rate_at": rate.at,
        "created_at": now,
        "expires_at": now,
    }
    del facts["key"]
    settled, _unused = Quote.objects.get_or_create(key=key, defaults=facts)
    return settled


def quotes_purge(*, now: datetime) -> int:
    """Delete quotes that ran out a day ago and that no top-up used; return how many."""
    old = Quote.objects.filter(expires_at__lt=now - UNUSED).order_by("expires_at")
    ids = list(old.values_list("id", flat=True)[:BATCH])
    used: set[uuid.UUID] = set().union(*ask("billing.quotes_in_use", quote_ids=ids))
    deleted, _unused = Quote.objects.filter(id__in=set(ids) - used).delete()
    return deleted


def _check(currency: str, net_minor: int) -> None:
    if currency not in CURRENCIES:
        raise QuoteRefused(
            _("Credits are not sold in “%(currency)s”; choose %(currencies)s.")
            % {"currency": currency, "currencies": either(CURRENCIES)},
            fields={"currency": [_("Choose one from the list.")]},
        )
    low, high = topup_limits(currency)
    if type(net_minor) is not int or not low <= net_minor <= high:
        bounds = {"low": fiat_text(low, currency), "high": fiat_text(high, currency)}
        raise QuoteRefused(
            _("A top-up is between %(low)s and %(high)s before VAT; choose an amount in between.") % bounds,
            fields={"amount": [_("Choose an amount between %(low)s and %(high)s.") % bounds]},
        )
