"""What of an organisation's payments stands against closing it."""

from uuid import UUID

from django.utils.translation import gettext as _

from apps.core.money import fiat_text
from apps.organisations.closing import Obstacle
from apps.payments.models import TopUp
from apps.payments.selectors import in_flight


def close_obstacles(*, organisation_id: UUID) -> list[Obstacle]:
    """Say whether an automatic top-up is being paid, or a payment waits for staff."""
    if TopUp.objects.filter(organisation=organisation_id, state=TopUp.State.HELD).exists():
        return [Obstacle(_("A payment is being looked at by our staff; wait until they have decided."))]
    topup = in_flight(organisation_id)
    if topup is None:
        return []
    total = fiat_text(topup.quote.total_minor, topup.quote.currency)
    return [
        Obstacle(
            _("An automatic top-up of %(total)s is being paid; wait until it is, or has failed.")
            % {"total": total}
        )
    ]
