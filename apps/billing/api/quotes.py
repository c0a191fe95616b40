"""Prices of credits, locked for as long as a quote stands."""

from typing import Any

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.billing.api.shapes import QuoteNew, QuoteShape
from apps.billing.services import quote_create
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.roles import Permission


class Quotes(Endpoint):
    """Prices that stand for a while."""

    @described(QuoteShape, body=QuoteNew, status=201)
    def post(self, request: Request, slug: str) -> Response:
        """Quote an amount: lock rate, VAT and credits, and answer the quote."""
        grant = self.grant(Permission.BILLING_MANAGE)
        wanted = QuoteNew(data=request.data).read()

        def act() -> Any:
            return QuoteShape(quote_create(organisation=grant.organisation, **wanted, now=timezone.now())).data

        return self.once(grant, act)
