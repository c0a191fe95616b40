"""A customer asks for the unspent credits of a top-up back; the platform's people decide, and the act sends it."""

import uuid
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from apps.billing.services import refund_offer
from apps.core.errors import Conflict
from apps.core.languages import plainly
from apps.core.money import credits_text, fiat_text
from apps.organisations.models import Approval, Membership
from apps.organisations.roles import Permission
from apps.organisations.sentences import CREDITS
from apps.organisations.services import Actor, approval_request
from apps.payments import sentences as said
from apps.payments.selectors.refunds import refund_subject
from apps.payments.services.refunding import refund_reason

DECIDED_WITHIN = timedelta(days=14)


def refund_request(
    *, membership: Membership, topup_id: uuid.UUID, reason: str, actor: Actor, now: datetime
) -> Approval:
    """Ask for all that is unspent of a top-up, at the price it was bought at; a repeat gives the open request.

    Raises Denied, NotFound, RefundInvalid without a reason, Conflict when nothing is unspent.
    """
    membership.require(Permission.BILLING_MANAGE)
    topup = refund_subject(membership.organisation, topup_id)
    currency, words = topup.quote.currency, refund_reason(reason)
    subject = f"topup:{topup.id}"
    waiting = Approval.objects.filter(
        organisation=membership.organisation, kind="refund", subject=subject, state=Approval.State.OPEN
    ).first()
    if waiting is not None:
        return waiting
    gross = refund_offer(topup_id=topup.id).gross_minor
    if not gross:
        raise Conflict(_("Nothing of this top-up is unspent, so nothing can go back."), code="nothing_unspent")
    with plainly():
        back = fiat_text(gross, currency)
        bought = CREDITS % {"credits": credits_text(topup.price.credits_micro)}
    return approval_request(
        organisation_id=membership.organisation_id,
        kind="refund",
        subject=subject,
        amount_micro=None,
        worst_case=said.UNSPENT_BACK % {"gross": back},
        reason=words,
        requester=membership,
        actor=actor,
        facts={
            "topup_id": str(topup.id),
            "gross_minor": gross,
            "exceed": False,
            "lines": [
                [said.TOPUP, str(topup.id)],
                [said.BOUGHT, bought],
                [said.BACK, back],
            ],
        },
        deadline=now + DECIDED_WITHIN,
        now=now,
    )
