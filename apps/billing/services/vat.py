"""The VAT of one organisation now, from what is known of it, and its correction when more is known later."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.billing import chart
from apps.billing import sentences as said
from apps.billing.errors import PlaceDisputed
from apps.billing.models import InvoiceDue, PlaceProof, Reversal, VatCheck
from apps.billing.selectors.vat import places_of, vat_id_state
from apps.billing.services.credit_notes import credit_note_due, creditable, invoice_due_locked
from apps.billing.services.reversals import topup_lot
from apps.billing.vat import CONSUMER, REVERSE_CHARGE, SELLER_RATE, Vat, vat_country, vat_for
from apps.core.queue import enqueue
from apps.core.wiring import announce
from apps.ledger.models import Transfer
from apps.ledger.services import Leg, accounts_open, transfer_post
from apps.organisations.models import Organisation

SHOWS = {
    PlaceProof.Kind.CARD: gettext_lazy("the country of the card is %(country)s"),
    PlaceProof.Kind.ACCOUNT: gettext_lazy("the country of the bank account is %(country)s"),
    PlaceProof.Kind.ADDRESS: gettext_lazy("the country of the IP address is %(country)s"),
}


def vat_of(organisation: Organisation, *, now: datetime) -> Vat:
    """Return the VAT on a top-up of the organisation now.

    Raises PlaceDisputed when it is a consumer elsewhere in the EU and what is known of its place speaks against
    its billing country.
    """
    vat = vat_for(
        seller_country=settings.SELLER["country"],
        buyer_country=organisation.country,
        on=now.date(),
        vat_id=organisation.vat_id,
        vat_id_state=vat_id_state(organisation, now=now),
        oss=settings.SELLER["oss"],
    )
    if vat.rule in (CONSUMER, SELLER_RATE):
        _check_place(organisation)
    return vat


def _check_place(organisation: Organisation) -> None:
    home = vat_country(organisation.country)
    proofs = places_of(organisation)
    others = [proof for proof in proofs if vat_country(proof.country) != home]
    if others and len(others) == len(proofs):
        said = [SHOWS[PlaceProof.Kind(proof.kind)] % {"country": proof.country} for proof in others]
        what = _(" and ").join(said)
        raise PlaceDisputed(
            _(
                "Your billing details say %(country)s, but %(what)s: the VAT cannot be decided. Correct "
                "the country in the billing details, give a VAT id, or pay with a card of your country."
            )
            % {"country": organisation.country, "what": what},
            step=(_("Billing details"), f"/o/{organisation.slug}/billing/details/"),
        )


def place_proof_record(
    *, organisation_id: uuid.UUID, kind: PlaceProof.Kind, country: str, now: datetime, reference: str = ""
) -> None:
    """Keep the country (ISO 3166 code) that a card, an account or an IP address shows; the newest of a kind counts.

    What is no country code is not kept.
    """
    country = country.upper()
    if len(country) != 2 or not (country.isascii() and country.isalpha()) or country in ("XX", "T1"):
        return
    proof = PlaceProof(
        organisation_id=organisation_id, kind=kind, country=country, reference=reference[:100], seen_at=now
    )
    PlaceProof.objects.bulk_create(
        [proof],
        update_conflicts=True,
        unique_fields=["organisation", "kind"],
        update_fields=["country", "reference", "seen_at"],
    )


def invoice_replace(*, invoice_due_id: uuid.UUID | str, vat_check_id: uuid.UUID | str, now: datetime) -> bool:
    """Credit an invoice's VAT, now that VIES has confirmed the VAT id, and promise one with reverse charge.

    In one transaction: the credit note over all that is left of the invoice, the new invoice, and the VAT booked as
    owed to the customer, which payments hears. Once; return whether this call did it. While a refund or dispute of
    the top-up is open, which may take some of the VAT with it, nothing is done: its end asks again.
    """
    check = VatCheck.objects.get(id=vat_check_id, state=VatCheck.State.VALID)
    topup_id = InvoiceDue.objects.values_list("topup_id", flat=True).get(id=invoice_due_id)
    with transaction.atomic():
        lot = topup_lot(topup_id)  # no refund or dispute of it begins or ends meanwhile
        if Reversal.objects.filter(lot=lot, state=Reversal.State.OPEN).exists():
            return False
        due = invoice_due_locked(topup_id)
        net_left, vat_left = creditable(due)
        if str(due.id) != str(invoice_due_id) or not vat_left:
            return False
        credit_note_due(
            topup_id=topup_id,
            net_minor=net_left,
            vat_minor=vat_left,
            key=f"vat-confirmed:{due.id}",
            now=now,
            reason=said.VAT_CONFIRMED % {"vat_id": check.vat_id},
        )
        if net_left:
            new = InvoiceDue.objects.create(
                organisation_id=due.organisation_id,
                topup_id=topup_id,
                replaces=due,
                facts=_reverse_charged(due, check, net_minor=net_left),
                created_at=now,
            )
            enqueue("billing.invoice_issue", invoice_due_id=str(new.id))
        _owe(due, vat_left, now=now)
    return True


def _reverse_charged(due: InvoiceDue, check: VatCheck, *, net_minor: int) -> dict[str, Any]:
    facts = due.facts
    vat = vat_for(
        seller_country=facts["seller"]["country"],
        buyer_country=facts["buyer"]["country"],
        on=datetime.fromisoformat(facts["supplied_at"]).date(),
        vat_id=check.vat_id,
        vat_id_state=check.state,
    )
    if vat.rule != REVERSE_CHARGE:
        raise ValueError(f"{due} is no case of reverse charge but {vat.rule}")
    credits = facts["credits_micro"] * net_minor // facts["net_minor"]
    return {
        **facts,
        "lines": [{**facts["lines"][0], "credits_micro": credits, "net_minor": net_minor, "vat_bp": 0}],
        "vat_by_rate": [{"bp": 0, "net_minor": net_minor, "vat_minor": 0}],
        "vat_rule": vat.rule,
        "vat_note": vat.note,
        "vat_home": None,
        "vat_check": {
            "consultation": check.consultation,
            "at": check.answered_at and check.answered_at.isoformat(),
        },
        "net_minor": net_minor,
        "vat_minor": 0,
        "total_minor": net_minor,
        "credits_micro": credits,
        "replaces": True,
    }


def _owe(due: InvoiceDue, vat_minor: int, *, now: datetime) -> None:
    currency = due.facts["currency"]
    accounts_open(chart.platform_accounts())
    transfer_post(
        key=f"vat-confirmed:{due.id}",
        legs=[
            Leg(chart.vat(currency), vat_minor, currency),
            Leg(chart.refunds_due(currency), -vat_minor, currency),
        ],
        reason="vat_confirmed",
        at=now,
        details={"topup_id": due.topup_id, "vat_minor": vat_minor, "currency": currency},
    )
    announce("billing.vat_refund_due", topup_id=due.topup_id, currency=currency, minor=vat_minor)


def vat_refund_paid(
    *, topup_id: uuid.UUID | str, currency: str, minor: int, reference: str, now: datetime
) -> Transfer:
    """Book that VAT owed to a customer went back through Stripe, once per reference (Stripe's refund).

    Raises KeyReused for the same reference with another amount.
    """
    return transfer_post(
        key=f"vat-refund:{reference}",
        legs=[Leg(chart.refunds_due(currency), minor, currency), Leg(chart.stripe(currency), -minor, currency)],
        reason="vat_refund",
        at=now,
        details={"topup_id": str(topup_id), "reference": reference},
    )
