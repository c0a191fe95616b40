"""What of an organisation's money stands against closing it."""

from uuid import UUID

from django.conf import settings
from django.db.models import Count, Sum
from django.utils.translation import gettext as _

from apps.billing.models import Hold, Lot
from apps.billing.selectors import wallet
from apps.core.money import credits_text
from apps.organisations.closing import Obstacle


def close_obstacles(*, organisation_id: UUID) -> list[Obstacle]:
    """Say which holds are open, what a dispute has frozen, and, without blocking, which credits are left."""
    found = []
    holds = Hold.objects.filter(organisation=organisation_id, state=Hold.State.OPEN)
    held = holds.aggregate(number=Count("id"), micro=Sum("amount_micro"))
    if held["number"]:
        found.append(
            Obstacle(
                _("%(micro)s credits are reserved for work that has not ended.")
                % {"micro": credits_text(held["micro"])}
            )
        )
    frozen = wallet(organisation_id).frozen_micro
    if frozen:
        found.append(
            Obstacle(
                _("%(frozen)s credits are frozen by a dispute that is not decided.")
                % {"frozen": credits_text(frozen)}
            )
        )
    left = dict(
        Lot.objects.filter(organisation=organisation_id, remaining_micro__gt=0)
        .values_list("kind")
        .annotate(micro=Sum("remaining_micro"))
    )
    paid = left.pop(Lot.Kind.PAID, 0)
    if paid:
        found.append(
            Obstacle(
                _(
                    "%(paid)s credits that were paid for are left. They can be refunded at what they cost: ask "
                    "under Billing, Invoices, Refunds, or write to %(email)s after closing."
                )
                % {"paid": credits_text(paid), "email": settings.SELLER["email"]},
                blocks=False,
            )
        )
    if sum(left.values()):
        found.append(
            Obstacle(
                _("%(values)s credits that were given end unused.") % {"values": credits_text(sum(left.values()))},
                blocks=False,
            )
        )
    return found
