"""VAT that was charged for want of proof: VIES answers late, the invoice is replaced, and the VAT goes back."""

from datetime import datetime
from typing import Any

from apps.billing.models import InvoiceDue, VatCheck
from apps.billing.services import vat_check_ask, vat_id_check, vat_refund_paid
from apps.billing.services.vat import invoice_replace
from apps.billing.vat import UNCONFIRMED
from apps.billing.vies import Answer
from tests.simulation.operations import refunds, topups
from tests.simulation.world import Operation, World


def vies_answer(vat_id: str, *, requester: str) -> Answer:
    """Answer as a VIES does that knows every id."""
    return Answer(valid=True, name="", address="", consultation="simulated", raw={})


def questioned(world: World) -> Operation:
    """Return the question whether an organisation's VAT id is valid."""
    place, again = world.place(), world.chance.random() < 0.5

    def run(now: datetime) -> Any:
        return vat_id_check(organisation_id=place.organisation.id, now=now, again=again)

    return Operation("vat_id_check", run, place)


def answered(world: World) -> Operation | None:
    """Return VIES's answer to a question, perhaps one that has its answer."""
    checks = list(VatCheck.objects.order_by("-asked_at", "id").values_list("id", flat=True)[:2])
    if not checks:
        return None
    check = world.chance.choice(checks)
    return Operation("vat_check_ask", lambda now: vat_check_ask(vat_check_id=check, now=now))


def replaced(world: World) -> Operation | None:
    """Return the replacement of an invoice whose VAT id is confirmed, perhaps one that was replaced."""
    checks = VatCheck.objects.filter(state=VatCheck.State.VALID)
    found = [
        (due, check.id)
        for check in checks.order_by("asked_at", "id")
        for due in InvoiceDue.objects.filter(organisation_id=check.organisation_id, facts__vat_rule=UNCONFIRMED)
        .order_by("created_at", "id")
        .values_list("id", flat=True)
    ]
    if not found:
        return None
    due_id, check_id = world.chance.choice(found[-2:] if world.chance.random() < 0.5 else found)

    def run(now: datetime) -> Any:
        return invoice_replace(invoice_due_id=due_id, vat_check_id=check_id, now=now)

    return Operation("invoice_replace", run)


def returned(world: World) -> Operation | None:
    """Return the payment of VAT that is owed, perhaps one that was told before."""
    owed = world.vat_owed()
    if not owed:
        return None
    topup = world.chance.choice(list(owed))
    currency, minor = owed[topup]

    def run(now: datetime) -> Any:
        return vat_refund_paid(topup_id=topup, currency=currency, minor=minor, reference=f"re:{topup}", now=now)

    return Operation(
        "vat_refund_paid", run, None, lambda result: world.vat_returned.update({topup: (currency, minor)})
    )


# With payments and refunds of its own, since what went back before VIES answered is what is hard about it.
OFFERS = [
    *((0.3, questioned), (0.4, answered), (0.6, replaced), (0.6, returned)),
    *((0.4, topups.credited), (0.4, refunds.reserved), (0.6, refunds.refunded)),
]
