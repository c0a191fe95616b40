"""What an invoice will say, gathered in the moment the money comes: later changes do not reach it."""

from datetime import datetime
from typing import Any

from django.conf import settings

from apps.billing.models import Quote
from apps.billing.pricing import converted
from apps.billing.selectors.documents import finance_address
from apps.billing.selectors.rates import home_rate
from apps.billing.selectors.vat import places_of, vat_check_answered
from apps.billing.vat import CONSUMER, REVERSE_CHARGE, SELLER_RATE, vat_country
from apps.organisations.models import Organisation

SELLER_FACTS = ("name", "address", "country", "vat_id", "email", "registration")


def invoice_facts(quote: Quote, *, payment_reference: str, payment_method: str, now: datetime) -> dict[str, Any]:
    """Return what the invoice will say. Country and VAT id are those the quote's VAT was decided by."""
    organisation, home = quote.organisation, home_rate(quote.currency, now=now)
    line = {
        "description": "Compute credits for the Nosana network",
        "credits_micro": quote.credits_micro,
        "rate_micro": quote.rate_charged_micro,
        "net_minor": quote.net_minor,
        "vat_bp": quote.vat_bp,
    }
    return {
        "seller": {key: settings.SELLER[key] for key in SELLER_FACTS},
        "series_prefix": settings.SELLER["prefix"],
        "buyer": _buyer(quote, organisation),
        "po_number": organisation.po_number,
        "cost_centre": organisation.cost_centre,
        "currency": quote.currency,
        "lines": [line],
        "vat_by_rate": [{"bp": quote.vat_bp, "net_minor": quote.net_minor, "vat_minor": quote.vat_minor}],
        "vat_rule": quote.vat_rule,
        "vat_note": quote.vat_note,
        "home": home,
        "vat_home": _vat_home(home, quote.vat_minor),
        "vat_check": _vat_check(quote, organisation),
        "places": _places(quote, organisation),
        "net_minor": quote.net_minor,
        "vat_minor": quote.vat_minor,
        "total_minor": quote.total_minor,
        "credits_micro": quote.credits_micro,
        "rate_micro": quote.rate_micro,
        "spread_bp": quote.spread_bp,
        "rate_charged_micro": quote.rate_charged_micro,
        "rate_source": quote.rate_source,
        "rate_at": quote.rate_at.isoformat(),
        "payment": {"method": payment_method, "reference": payment_reference},
        "supplied_at": now.isoformat(),
    }


def _vat_home(home: dict[str, Any] | None, vat_minor: int) -> dict[str, Any] | None:
    """Return the VAT in the seller's currency, which an invoice in another one must say too; None without any."""
    return {**home, "vat_minor": converted(vat_minor, home["rate_micro"])} if home and vat_minor else None


def _buyer(quote: Quote, organisation: Organisation) -> dict[str, str]:
    return {
        "name": organisation.legal_name or organisation.name,
        "address": organisation.address,
        "country": quote.buyer_country or organisation.country,
        "vat_id": quote.buyer_vat_id if quote.buyer_country else organisation.vat_id,
        "email": finance_address(organisation),
    }


def _vat_check(quote: Quote, organisation: Organisation) -> dict[str, str] | None:
    """Return the proof that the VAT id was valid, where the invoice rests on it."""
    check = vat_check_answered(organisation) if quote.vat_rule == REVERSE_CHARGE else None
    if check is None or check.answered_at is None:
        return None
    return {"consultation": check.consultation, "at": check.answered_at.isoformat()}


def _places(quote: Quote, organisation: Organisation) -> list[dict[str, str]]:
    """Return the proofs of a consumer's place: the law wants two that agree."""
    if quote.vat_rule not in (CONSUMER, SELLER_RATE):
        return []
    billing = {"kind": "billing", "country": vat_country(quote.buyer_country or organisation.country)}
    return [billing] + [
        {"kind": proof.kind, "country": proof.country, "reference": proof.reference}
        for proof in places_of(organisation)
    ]
