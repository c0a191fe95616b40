"""Top-ups: listed, read, and begun; a person pays them on Stripe's page."""

from uuid import UUID

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.addresses import client_address
from apps.core.rest import SpanQuestion, page_answer, spanned
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission
from apps.payments.api.shapes import TopUpNew, TopUpShape
from apps.payments.models import TopUp
from apps.payments.selectors import topup_get, topups_of
from apps.payments.services import topup_make, topup_start


class TopUpsQuestion(SpanQuestion):
    """Which top-ups: all, or those of one state, or begun in a span of time."""

    state = serializers.ChoiceField(choices=TopUp.State.choices, required=False)


class TopUps(Endpoint):
    """The top-ups of an organisation."""

    @described(TopUpShape, page=True, question=TopUpsQuestion)
    def get(self, request: Request, slug: str) -> Response:
        """List the top-ups, newest first."""
        rows = topups_of(self.grant(Permission.BILLING_VIEW).organisation)
        return page_answer(
            request,
            rows,
            lambda row: TopUpShape(row).data,
            newest_first=True,
            question=TopUpsQuestion,
            narrow=spanned("created_at", "state"),
        )

    @described(TopUpShape, body=TopUpNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Begin a top-up: lock a price and answer where a person pays it. A repeat by key gets the same page."""
        grant = self.grant(Permission.BILLING_MANAGE)
        member, wanted = grant.member, TopUpNew(data=request.data).read()

        def act() -> str:
            made = topup_make(
                membership=member,
                currency=wanted["currency"],
                net_minor=wanted["amount_minor"],
                keep_card=wanted["keep_card"],
                address=client_address(request),
                now=timezone.now(),
            )
            return str(made.id)

        answer = self.once(grant, act)
        topup = topup_get(grant.organisation, UUID(answer.data))
        topup_start(membership=member, quote_id=topup.quote_id, now=timezone.now())  # outside any transaction
        answer.data = TopUpShape(topup_get(grant.organisation, topup.id)).data
        return answer


class OneTopUp(Endpoint):
    """One top-up."""

    @described(TopUpShape)
    def get(self, request: Request, slug: str, topup_id: UUID) -> Response:
        """Read a top-up."""
        return Response(TopUpShape(topup_get(self.grant(Permission.BILLING_VIEW).organisation, topup_id)).data)
