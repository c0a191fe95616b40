"""Questions about refunds, organisation first."""

import uuid
from dataclasses import dataclass

from apps.billing.services import refund_looks
from apps.core.errors import NotFound
from apps.organisations.models import Approval, Organisation
from apps.payments.models import Dispute, Refund, TopUp

PAGE = 25
LATEST = 10


@dataclass(frozen=True)
class Refundable:
    """A paid top-up of which something is unspent, and what of it would go back, in minor units with VAT."""

    topup: TopUp
    gross_minor: int
    asked: bool


def refunds_page(organisation: Organisation, before: uuid.UUID | None = None) -> list[Refund]:
    """Return the organisation's refunds, newest first, each with its top-up."""
    refunds = Refund.objects.filter(organisation=organisation).select_related("topup__quote")
    if before is not None:
        refunds = refunds.filter(id__lt=before)
    return list(refunds.order_by("-id")[:PAGE])


def disputes_latest(organisation: Organisation) -> list[Dispute]:
    """Return the organisation's latest disputes, newest first, each with its top-up."""
    disputes = Dispute.objects.filter(organisation=organisation).select_related("topup__quote")
    return list(disputes.order_by("-id")[:LATEST])


def refundables(organisation: Organisation) -> list[Refundable]:
    """Return the newest paid top-ups of which something is unspent, and whether it is asked for already."""
    waiting = Approval.objects.filter(organisation=organisation, kind="refund", state=Approval.State.OPEN)
    asked = set(waiting.values_list("subject", flat=True))
    paid = TopUp.objects.filter(organisation=organisation, state=TopUp.State.PAID).select_related("quote")
    topups = list(paid.order_by("-id")[:LATEST])
    shares = refund_looks(topup_ids=[topup.id for topup in topups])
    found = [
        Refundable(topup, shares[str(topup.id)].gross_minor, f"topup:{topup.id}" in asked)
        for topup in topups
        if str(topup.id) in shares
    ]
    return [row for row in found if row.gross_minor]


def refund_subject(organisation: Organisation, topup_id: uuid.UUID) -> TopUp:
    """Return the organisation's paid top-up. Raises NotFound."""
    paid = TopUp.objects.filter(organisation=organisation, state=TopUp.State.PAID, id=topup_id)
    topup = paid.select_related("quote").first()
    if topup is None:
        raise NotFound()
    return topup
