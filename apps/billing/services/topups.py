"""Money that came in: credits for it, exactly once, and an invoice due."""

import uuid
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from apps.billing import chart
from apps.billing.errors import AmountInvalid
from apps.billing.events import CREDITS_ADDED
from apps.billing.models import InvoiceDue, Lot, Quote
from apps.billing.services.disputes import debt_collect
from apps.billing.services.invoice_facts import invoice_facts
from apps.billing.services.lots import PRIORITY
from apps.billing.services.wallets import wallet_open
from apps.core.errors import KeyReused
from apps.core.queue import enqueue
from apps.core.wiring import announce
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_open, transfer_post
from apps.notifications.services import event_emit


def topup_credit(
    *,
    organisation_id: uuid.UUID,
    topup_id: uuid.UUID | str,
    quote: Quote,
    payment_reference: str,
    now: datetime,
    payment_method: str = "card",
) -> Transfer:
    """Credit a paid top-up as quoted, as a lot of its own, and promise its invoice; a repeat changes nothing.

    The caller knows that `quote.total_minor` was paid. Raises KeyReused if the top-up was credited before with
    other amounts, or if the quote is another organisation's.
    """
    if quote.organisation_id != organisation_id:
        raise KeyReused(
            _("Quote %(quote)s was made for another organisation; make a new quote.") % {"quote": quote.id}
        )
    topup = str(topup_id)
    legs = [
        Leg(chart.available(organisation_id), quote.credits_micro, chart.NOS),
        Leg(chart.FX_NOS, -quote.credits_micro, chart.NOS),
        Leg(chart.stripe(quote.currency), quote.total_minor, quote.currency),
        Leg(chart.vat(quote.currency), -quote.vat_minor, quote.currency),
        Leg(chart.fx(quote.currency), -quote.net_minor, quote.currency),
    ]
    with transaction.atomic():
        wallet_open(organisation_id)
        transfer = transfer_post(  # locks the wallet: twins wait here, then find the invoice due
            key=f"topup:{topup}:credit",
            legs=[leg for leg in legs if leg.amount],
            reason="topup",
            at=now,
            details={"topup_id": topup, "currency": quote.currency, "total_minor": quote.total_minor},
        )
        if InvoiceDue.objects.filter(topup_id=topup).exists():
            return transfer
        _lot_make(quote, topup, transfer, now)
        due = InvoiceDue.objects.create(
            organisation_id=organisation_id,
            topup_id=topup,
            facts=invoice_facts(
                quote, payment_reference=payment_reference, payment_method=payment_method, now=now
            ),
            created_at=now,
        )
        debt_collect(organisation_id=organisation_id, now=now)
        enqueue("billing.invoice_issue", invoice_due_id=str(due.id))
        announce("billing.credited", organisation_id=str(organisation_id))
        _tell(organisation_id, topup, quote, now)
    return transfer


def _lot_make(quote: Quote, topup: str, transfer: Transfer, now: datetime) -> None:
    Lot.objects.create(
        organisation_id=quote.organisation_id,
        kind=Lot.Kind.PAID,
        priority=PRIORITY[Lot.Kind.PAID],
        granted_micro=quote.credits_micro,
        remaining_micro=quote.credits_micro,
        currency=quote.currency,
        net_minor=quote.net_minor,
        vat_minor=quote.vat_minor,
        topup_id=topup,
        transfer=transfer,
        created_at=now,
    )


def _tell(organisation_id: uuid.UUID, topup: str, quote: Quote, now: datetime) -> None:
    money = {name: getattr(quote, name) for name in ("credits_micro", "currency", "net_minor", "vat_minor")}
    event_emit(
        organisation_id=organisation_id,
        type=CREDITS_ADDED.name,
        subject=f"topup:{topup}",
        key=f"topup:{topup}:credit",
        data={"topup": topup, **money, "total_minor": quote.total_minor},
        now=now,
    )


def stripe_fee_post(*, topup_id: uuid.UUID | str, currency: str, fee_minor: int, now: datetime) -> Transfer | None:
    """Post what Stripe kept of a payment, once; None if it kept nothing. Raises KeyReused for another fee."""
    if fee_minor == 0:
        return None
    return transfer_post(
        key=f"topup:{topup_id}:stripe-fee",
        legs=[
            Leg(chart.stripe(currency), -fee_minor, currency),
            Leg(chart.stripe_fees(currency), fee_minor, currency),
        ],
        reason="stripe_fee",
        at=now,
        details={"topup_id": str(topup_id)},
    )


def treasury_fund(*, micro: int, reference: str, now: datetime) -> Transfer:
    """Post NOS that the owner put into the treasury, once per reference (e.g. the chain's signature).

    Raises AmountInvalid for less than 1 micro-NOS, KeyReused for the same reference with another amount.
    """
    if micro <= 0:
        raise AmountInvalid(
            _("The treasury cannot be funded with %(micro)s micro-NOS; give a positive amount.") % {"micro": micro}
        )
    accounts_open(chart.platform_accounts())
    return transfer_post(
        key=f"funding:{reference}",
        legs=[Leg(chart.TREASURY, micro), Leg(chart.FUNDING, -micro)],
        reason="funding",
        at=now,
        details={"reference": reference},
    )
