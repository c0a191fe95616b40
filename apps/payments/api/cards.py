"""Cards that are kept at Stripe: listed, made the default, removed. A new one is typed in on Stripe's page."""

from typing import Any
from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from apps.core.rest import page_answer
from apps.core.rest.schema import described
from apps.organisations.api.frame import Endpoint
from apps.organisations.api.shapes import Nothing
from apps.organisations.roles import Permission
from apps.payments.api.shapes import CardShape, RemovedShape
from apps.payments.selectors import cards_of
from apps.payments.services import card_default_set, card_remove


class Cards(Endpoint):
    """The cards an organisation keeps."""

    @described(CardShape, page=True)
    def get(self, request: Request, slug: str) -> Response:
        """List the cards, newest first."""
        rows = cards_of(self.grant(Permission.BILLING_VIEW).organisation)
        return page_answer(request, rows, lambda row: CardShape(row).data, newest_first=True)


class CardDefault(Endpoint):
    """The choice of the default card."""

    @described(CardShape, body=Nothing)
    def post(self, request: Request, slug: str, card_id: UUID) -> Response:
        """Make a card the default; a repeat changes nothing."""
        grant = self.grant(Permission.BILLING_MANAGE)
        Nothing(data=request.data).read()

        def act() -> Any:
            card = card_default_set(grant=grant, card_id=card_id, actor=self.actor, now=timezone.now())
            return CardShape(card).data

        return self.once(grant, act, status=200)


class CardRemove(Endpoint):
    """The end of a card."""

    @described(RemovedShape, body=Nothing)
    def post(self, request: Request, slug: str, card_id: UUID) -> Response:
        """Remove a card: nothing is charged to it any more; a repeat changes nothing."""
        grant = self.grant(Permission.BILLING_MANAGE)
        Nothing(data=request.data).read()

        def act() -> Any:
            card_remove(grant=grant, card_id=card_id, actor=self.actor, now=timezone.now())
            return {"removed": True}

        return self.once(grant, act, status=200)
