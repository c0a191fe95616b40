"""Money that comes in: quoted, paid, credited, its fee booked, its invoice numbered, its mails sent."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from apps.billing.models import InvoiceDue, Quote
from apps.billing.services import stripe_fee_post, topup_credit
from apps.billing.services.invoices import invoice_number
from apps.billing.vat import REVERSE_CHARGE, SELLER_RATE, UNCONFIRMED
from apps.core.mail import mail_queue
from apps.core.models import Message
from apps.core.queue import message_run
from tests.simulation.world import Operation, Payment, World

# Printing moves no money, and what payments does with VAT that is owed the world does for it.
ELSEWHERE = ("billing.invoice_issue", "billing.credit_note_issue", "payments.vat_refund_want")


def credited(world: World) -> Operation:
    """Return the credit of a new payment."""
    place, chance, topup = world.place(), world.chance, world.name("topup")
    net, rate = chance.randrange(1_000, 60_000), chance.randrange(200_000, 900_000)
    vat = net * chance.choice([0, 2_100]) // 10_000
    late = place.organisation.vat_id and chance.random() < 0.7
    rule = (UNCONFIRMED if late else SELLER_RATE) if vat else REVERSE_CHARGE
    quote = Quote.objects.create(
        organisation=place.organisation,
        currency=chance.choice(["EUR", "EUR", "USD"]),
        net_minor=net,
        vat_minor=vat,
        vat_bp=2_100 if vat else 0,
        vat_rule=rule,
        buyer_country="DE",
        buyer_vat_id=place.organisation.vat_id,
        total_minor=net + vat,
        credits_micro=net * 10**10 // rate,
        rate_micro=rate,
        spread_bp=0,
        rate_charged_micro=rate,
        rate_source="simulated",
        rate_at=world.now,
        created_at=world.now,
        expires_at=world.now + timedelta(hours=1),
    )
    payment = world.payments[topup] = Payment(place, quote)

    def run(now: datetime) -> Any:
        return topup_credit(
            organisation_id=place.organisation.id,
            topup_id=topup,
            quote=quote,
            payment_reference=f"pi_{topup}",
            now=now,
        )

    def done(result: Any) -> None:
        payment.credited = True
        world.paid[topup] = quote.credits_micro

    return Operation("topup_credit", run, place, done)


def fee(world: World) -> Operation | None:
    """Return what the provider kept of a payment."""
    open_ones = [topup for topup, payment in world.payments.items() if payment.credited and not payment.fee_minor]
    if not open_ones:
        return None
    topup, minor = world.chance.choice(open_ones), world.chance.randrange(1, 400)
    payment = world.payments[topup]
    payment.fee_minor = minor

    def run(now: datetime) -> Any:
        return stripe_fee_post(topup_id=topup, currency=payment.quote.currency, fee_minor=minor, now=now)

    return Operation("stripe_fee_post", run, payment.place)


def numbered(world: World) -> Operation | None:
    """Return the numbering of an invoice that is due, perhaps one that has its number."""
    due = InvoiceDue.objects.order_by("created_at", "id").values_list("id", flat=True)
    found = list(due[:50])
    if not found:
        return None
    due_id = world.chance.choice(found)
    return Operation("invoice_number", lambda now: invoice_number(invoice_due_id=due_id, now=now))


def promised(world: World) -> Operation:
    """Return the promise of a mail about a fact, to one of the people."""
    key, to = world.name("fact"), f"person{world.chance.randrange(3)}@simulation.example"

    def run(now: datetime) -> Any:
        return mail_queue(key=key, to=to, subject="A fact", text=key)

    return Operation("mail_queue", run)


def message(world: World) -> Operation | None:
    """Return the run of a waiting message, as a worker would.

    It is one of the two oldest that are due, so that workers meet at one, as when a broker delivers it twice.
    """
    waiting = Message.objects.exclude(name__in=ELSEWHERE)
    due = waiting.filter(Q(attempts=0) | Q(next_at__lte=world.now), parked_at=None)
    found = list(due.order_by("created_at", "id").values_list("id", flat=True)[:2])
    if not found:
        return None
    message_id = str(world.chance.choice(found))
    return Operation("message_run", lambda now: message_run(message_id, now=now))


OFFERS = [(6, credited), (2, fee), (2, numbered), (4, promised), (6, message)]
