"""Disputes at Stripe, written into billing's books and told to the organisation."""

from datetime import datetime
from typing import Any

from django.conf import settings

from apps.billing.models import Reversal
from apps.billing.selectors.invoices import finance_address
from apps.billing.services import dispute_funds_post, dispute_lost, dispute_open, dispute_won
from apps.core.mail import mail_write
from apps.organisations.roles import Role
from apps.payments import gateway
from apps.payments.errors import Parked
from apps.payments.models import TopUp
from apps.payments.services.reversals import Reversed, parking, reversal_topup, reversed_of

# Of an inquiry nothing is withdrawn, and a prevented dispute never became one: there is nothing to book.
WITHOUT_FUNDS = frozenset({"warning_needs_response", "warning_under_review", "warning_closed", "prevented"})


def dispute_fetch(thing: dict[str, Any]) -> Reversed | None:
    """Return the dispute of an event as Stripe has it now, or None while no money moves. Raises as `reversed_of`."""
    dispute = gateway.dispute_get(thing["id"])
    if dispute.status in WITHOUT_FUNDS:
        return None
    return reversed_of(dispute.charge, dispute)


def dispute_apply(fetched: Reversed, *, now: datetime) -> None:
    """Freeze, free or take the credits as the dispute stands at Stripe, book its funds, and tell the organisation.

    Repeats and old news change nothing. Raises Parked.
    """
    dispute = fetched.dispute
    assert dispute is not None
    topup = reversal_topup(fetched, now=now)
    with parking(topup):
        book = dispute_open(
            topup_id=topup.id, gross_minor=dispute.amount_minor, key=dispute.id, reason=dispute.reason, now=now
        )
        for movement in dispute.movements:
            if movement.currency != topup.quote.currency:
                raise Parked(
                    f"Stripe moved {movement.currency} for {dispute.id}: book it by hand.", topup_id=topup.id
                )
            dispute_funds_post(
                key=dispute.id,
                balance_transaction=movement.id,
                amount_minor=movement.amount_minor,
                fee_minor=movement.fee_minor,
                now=now,
            )
        if dispute.status == "won":
            book = dispute_won(key=dispute.id, now=now)
        elif dispute.status == "lost":
            book = dispute_lost(key=dispute.id, now=now)
    _tell(topup, book)


def _tell(topup: TopUp, book: Reversal) -> None:
    """Mail the owner and the finance address about a dispute that was opened, won or lost; once for each."""
    organisation = topup.quote.organisation
    owner = organisation.memberships.select_related("user").get(role=Role.OWNER).user.email
    readers = {finance_address(organisation): "finance", owner: "owner"}  # one mail where both are the same
    for address, reader in readers.items():
        mail_write(
            key=f"dispute:{book.id}:{book.state}:{reader}",
            to=address,
            template="dispute",
            context={
                "organisation": organisation,
                "dispute": book,
                "topup": topup,
                "url": f"{settings.BASE_URL}/o/{organisation.slug}/billing/",
                "platform": settings.PLATFORM_NAME,
            },
        )
