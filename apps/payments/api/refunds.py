"""Refunds: listed, and asked for; whether money goes back is decided by our staff."""

from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import Body, SpanQuestion, Text, page_answer, spanned
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import AskedShape
from apps.organisations.roles import Permission
from apps.payments.models import Refund
from apps.payments.selectors.refunds import refund_subject
from apps.payments.services import refund_request


class RefundShape(serializers.ModelSerializer[Refund]):
    """Money of a top-up that goes back; `failure` says why it did not."""

    class Meta:
        model = Refund
        fields = ("id", "topup", "kind", "state", "gross_minor", "currency", "created_at", "ended_at", "failure")


class RefundNew(Body):
    """Why the unspent part of a top-up shall go back."""

    reason = Text(max_length=200)


class RefundsQuestion(SpanQuestion):
    """Which refunds: all, or those of one state, or begun in a span of time."""

    state = serializers.ChoiceField(choices=Refund.State.choices, required=False)


class Refunds(Endpoint):
    """The refunds of an organisation."""

    @described(RefundShape, page=True, question=RefundsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the refunds, newest first."""
        rows = Refund.objects.filter(organisation=self.grant(Permission.BILLING_VIEW).organisation)
        return page_answer(
            request,
            rows,
            lambda row: RefundShape(row).data,
            newest_first=True,
            question=RefundsQuestion,
            narrow=spanned("created_at", "state"),
        )


class RefundAsk(Endpoint):
    """The wish for a refund."""

    @described(AskedShape, body=RefundNew, status=202)
    def post(self, request: Request, slug: str, topup_id: UUID) -> Response:
        """Ask for a refund of what is unspent of a top-up, at the price it was bought at; we decide within 14 days."""
        grant = self.grant(Permission.BILLING_MANAGE)
        topup = refund_subject(grant.organisation, topup_id)
        reason = RefundNew(data=request.data).read()["reason"]
        member = grant.member

        def act() -> dict[str, str]:
            asked = refund_request(
                membership=member, topup_id=topup.pk, reason=reason, actor=self.actor, now=timezone.now()
            )
            return {"approval": str(asked.pk)}

        return self.once(grant, act, status=202)
