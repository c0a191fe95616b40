"""Questions about cards, organisation first."""

import uuid

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.core.errors import NotFound
from apps.organisations.models import Organisation
from apps.payments.models import Card, CardSetup


def cards_of(organisation: Organisation) -> QuerySet[Card]:
    """Return the cards the organisation keeps, the default first, then the newest."""
    return Card.objects.filter(organisation=organisation, removed_at=None).order_by("-default", "-id")


def card_get(organisation: Organisation, card_id: uuid.UUID) -> Card:
    """Return a card the organisation keeps. Raises NotFound."""
    card = cards_of(organisation).filter(id=card_id).first()
    if card is None:
        raise NotFound(
            _("There is no such card of %(organisation)s; choose one from the list.")
            % {"organisation": organisation.name}
        )
    return card


def card_setup_get(organisation: Organisation, setup_id: uuid.UUID) -> CardSetup:
    """Return the organisation's card setup with its card. Raises NotFound."""
    setup = CardSetup.objects.select_related("card").filter(organisation=organisation, id=setup_id).first()
    if setup is None:
        raise NotFound()
    return setup
